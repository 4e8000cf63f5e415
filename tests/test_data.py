import time

import numpy as np
import PIL.Image
import pytest

from aaa_tf.data import load_dataset, named
from aaa_tf.data.batching import batch_rows, make_training_batches
from aaa_tf.errors import InputError
from tests.conftest import make_split


def check_format(dataset):
    for split in (dataset.train, dataset.validation, dataset.test):
        assert split.images.dtype == np.float32
        assert split.images.ndim == 4
        assert 0 <= split.images.min() <= split.images.max() <= 1
        assert len(split.images) == len(split.labels)
        assert 0 <= split.labels.min() <= split.labels.max() < dataset.num_classes


def test_digits_are_embedded_and_always_the_same():
    first, second = load_dataset("digits"), load_dataset("digits")
    check_format(first)
    assert first.image_shape == (28, 28, 1)
    assert (len(first.train), len(first.validation), len(first.test)) == (1294, 143, 360)
    np.testing.assert_array_equal(first.validation.images, second.validation.images)
    assert np.unique(first.test.labels).size == 10


def test_mnist_is_complete(mnist):
    check_format(mnist)
    assert (len(mnist.train), len(mnist.validation), len(mnist.test)) == (55000, 5000, 10000)
    assert mnist.image_shape == (28, 28, 1)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="unknown dataset 'nope'; known: cifar10, digits"):
        load_dataset("nope")


def test_missing_mnist_is_told_in_time_with_both_ways_out(tmp_path, monkeypatch):
    monkeypatch.setattr(named, "_is_reachable", lambda url: False)
    with pytest.raises(InputError, match=r"--data_dir.*--dataset=digits"):
        load_dataset("mnist", data_dir=str(tmp_path))


def test_an_unreachable_host_is_given_up_in_time():
    started = time.monotonic()
    assert not named._is_reachable("http://127.0.0.1:9")  # the discard port: nobody listens
    assert time.monotonic() - started < 20


def test_damaged_records_are_told(tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        load_dataset("mnist", data_dir=str(tmp_path))


def test_training_order_is_a_function_of_seed_and_step():
    split = make_split(25, 0)
    whole = list(make_training_batches(split, batch_size=10, seed=3, start_step=0, end_step=6))
    rest = list(make_training_batches(split, batch_size=10, seed=3, start_step=4, end_step=6))
    assert len(whole) == 6
    for (images, labels, positions), (again, labels_again, _) in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labels_again)
        np.testing.assert_array_equal(positions, np.arange(10))
    # Two batches an epoch: no example twice in it, and another order in the next one.
    epochs = [np.concatenate([batch_rows(25, 10, 3, 2 * e + b) for b in (0, 1)]) for e in (0, 1)]
    assert len(set(epochs[0])) == 20
    assert list(epochs[0]) != list(epochs[1])


def test_replays_repeat_each_batch():
    shared = dict(batch_size=10, seed=3, start_step=0)
    split = make_split(25, 0)
    once = [batch[0] for batch in make_training_batches(split, **shared, end_step=3)]
    twice = list(make_training_batches(split, **shared, end_step=5, replays=2))
    for found, expected in zip(twice, np.repeat(once, 2, axis=0), strict=False):
        np.testing.assert_array_equal(found[0], expected)
    assert len(twice) == 5


def test_fewer_examples_than_a_batch_are_refused():
    with pytest.raises(InputError, match="--batch_size=25 or less"):
        make_training_batches(make_split(25, 0), batch_size=26, seed=0, start_step=0, end_step=1)


# The user's own .npz


def write_npz(path, **changes):
    train, test = make_split(40, 1), make_split(8, 2)
    arrays = {
        "x_train": train.images,
        "y_train": train.labels,
        "x_test": test.images,
        "y_test": test.labels,
    } | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


def test_npz_of_floats(tmp_path):
    dataset = load_dataset(write_npz(tmp_path / "d.npz"))
    check_format(dataset)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (36, 4, 8)
    assert dataset.class_names == ("0", "1", "2")


def test_npz_of_bytes_without_channels(tmp_path):
    pixels = np.full((40, 7, 5), 255, np.uint8)
    path = write_npz(tmp_path / "d.npz", x_train=pixels, x_test=pixels[:8])
    dataset = load_dataset(path)
    assert dataset.image_shape == (7, 5, 1)
    assert dataset.train.images.max() == 1.0


FLOATS = np.zeros((40, 8, 8, 1), np.float32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": None}, "lacks y_test"),
        ({"x_train": np.full_like(FLOATS, np.nan)}, "x_train holds NaN"),
        ({"x_train": FLOATS + 2}, r"x_train ranges from 2 to 2.*\[0, 1\]"),
        ({"x_train": FLOATS[:39]}, "x_train has 39 examples but y_train has 40"),
        ({"x_train": FLOATS.astype(np.int64)}, "uint8"),
        ({"x_train": FLOATS[:, 0, 0]}, "x_train has shape"),
        ({"x_train": FLOATS[:, :7]}, "x_train has images of shape"),
        ({"x_train": FLOATS[:0], "y_train": np.zeros(0, np.int32)}, "x_train is empty"),
        ({"y_train": np.full(40, 0.5)}, "y_train has shape .* one integer label"),
        ({"y_train": np.full(40, -1)}, "labels start at 0"),
    ],
)
def test_npz_that_cannot_be_used(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(tmp_path / "d.npz", **changes))


def test_npz_missing_or_damaged(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_dataset(str(tmp_path / "none.npz"))
    path = tmp_path / "d.npz"
    write_npz(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="not a readable .npz"):
        load_dataset(str(path))


# Folders of class folders


def write_images(root, classes=("cat", "dog"), count=10, mode="RGB"):
    for label, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for i in range(count):
            color = 255 * label if mode == "L" else (255 * label, 0, 0)
            PIL.Image.new(mode, (6, 9), color).save(root / name / f"{i}.png")


def test_folder_of_class_folders(tmp_path):
    write_images(tmp_path / "photos")
    dataset = load_dataset(str(tmp_path / "photos"))
    check_format(dataset)
    assert dataset.image_shape == (9, 6, 3)
    assert dataset.class_names == ("cat", "dog")
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (15, 1, 4)
    red = dataset.test.images[:, 0, 0, 0]
    np.testing.assert_array_equal(red, dataset.test.labels)


def test_folder_with_train_and_test(tmp_path):
    write_images(tmp_path / "train", mode="L")
    write_images(tmp_path / "test", count=3, mode="L")
    dataset = load_dataset(str(tmp_path))
    assert dataset.image_shape == (9, 6, 1)
    assert len(dataset.test) == 6


def test_folder_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="holds no class folders"):
        load_dataset(str(tmp_path))
    write_images(tmp_path / "train")
    write_images(tmp_path / "test", classes=("cat", "cow"))
    with pytest.raises(InputError, match="same class folders"):
        load_dataset(str(tmp_path))
    (tmp_path / "train" / "cat" / "0.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"0\.png is no image"):
        load_dataset(str(tmp_path))
