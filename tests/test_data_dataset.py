import numpy as np
import pytest

from aaa_tf.data import load_dataset, make_dataset
from aaa_tf.data.dataset import Split, hold_out_validation
from aaa_tf.errors import InputError


def make_numbered(count):
    """Images and labels that tell their row."""
    numbers = np.arange(count)
    return Split((numbers / 65536).reshape(-1, 1, 1, 1), numbers)


def test_first_takes_from_the_front_and_0_is_all():
    split = make_numbered(5)
    assert [split.first(count).labels.tolist() for count in (2, 9)] == [[0, 1], [0, 1, 2, 3, 4]]
    assert split.first(0) is split


@pytest.mark.parametrize(("count", "held"), [(10, 1), (59, 5), (50_000, 5000), (60_000, 5000)])
def test_a_tenth_is_held_out_and_5000_at_most(count, held):
    train, validation = hold_out_validation(make_numbered(count))
    assert len(validation) == held
    both = np.concatenate([train.labels, validation.labels])
    np.testing.assert_array_equal(np.sort(both), np.arange(count))
    for split in (train, validation):
        np.testing.assert_array_equal(65536 * split.images.ravel(), split.labels)
        assert (np.diff(split.labels) > 0).all()
    again = hold_out_validation(make_numbered(count))[1]
    np.testing.assert_array_equal(again.labels, validation.labels)


def test_fewer_than_ten_examples_are_refused():
    with pytest.raises(InputError, match="9 training examples are too few"):
        hold_out_validation(make_numbered(9))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.full((2, 4, 4, 1), 255.0), [0, 1], r"float64 from 255 to 255; needed: floats in"),
        (np.full((2, 4, 4, 1), np.nan), [0, 1], "needed: floats in"),
        (np.zeros((2, 4, 4, 1), np.uint8), [0, 1], "images are uint8"),
        (np.zeros((2, 4, 4)), [0, 1], r"images of shape \(2, 4, 4\)"),
        (np.zeros((2, 4, 4, 1)), [0], r"labels of shape \(1,\)"),
        (np.zeros((2, 4, 4, 1)), [[1, 0], [0, 1]], r"labels of shape \(2, 2\)"),
        (np.zeros((2, 4, 4, 1)), [0, -1], "labels must be integers from 0 on"),
        (np.zeros((2, 4, 4, 1)), [0.0, 1.0], "labels must be integers from 0 on"),
    ],
)
def test_arrays_that_are_no_split(images, labels, message):
    with pytest.raises(InputError, match=message):
        Split(images, np.array(labels))


def test_what_numpy_gives_by_default_is_converted():
    split = Split(np.full((2, 4, 4, 1), 0.1), np.array([0, 1]))
    assert (split.images.dtype, split.labels.dtype) == (np.float32, np.int32)


def test_arrays_of_ones_own_are_what_their_file_is(tmp_path, rng):
    arrays = {
        "x_train": rng.integers(0, 256, (40, 6, 6), np.uint8),
        "y_train": np.arange(40) % 3,
        "x_test": rng.random((9, 6, 6, 1)),
        "y_test": np.arange(9) % 3,
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    made, loaded = make_dataset("mine", **arrays), load_dataset(str(tmp_path / "mine.npz"))
    for part in ("train", "validation", "test"):
        assert getattr(made, part).fingerprint() == getattr(loaded, part).fingerprint()
    assert made.class_names == ("0", "1", "2")
    assert make_dataset("mine", **arrays, class_names="abcd").num_classes == 4
    with pytest.raises(InputError, match="mine: 2 class names for 3 classes"):
        make_dataset("mine", **arrays, class_names=("a", "b"))
    with pytest.raises(InputError, match="mine: y_test holds -1"):
        make_dataset("mine", **arrays | {"y_test": np.full(9, -1)})
