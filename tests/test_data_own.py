"""The user's own .npz files."""

import io

import numpy as np
import pytest

from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from tests.conftest import make_split
from tests.dataset_format import check_format


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
        ({"x_train": FLOATS.astype(np.uint8) + np.uint8(1)}, "nothing above 1, which is black"),
        ({"x_train": np.zeros((40, 3, 8, 8), np.float32)}, "x_train has shape .*channels first"),
        ({"x_train": np.full_like(FLOATS, np.nan)}, "x_train holds NaN"),
        ({"x_train": FLOATS + 2}, r"x_train ranges from 2 to 2.*\[0, 1\]"),
        ({"x_train": FLOATS[:39]}, "x_train has 39 examples but y_train has 40"),
        ({"x_train": FLOATS.astype(np.int64)}, "uint8"),
        ({"x_train": FLOATS[:, 0, 0]}, "x_train has shape"),
        ({"x_train": FLOATS[:, :7]}, "x_train has images of shape"),
        ({"x_train": FLOATS[:0], "y_train": np.zeros(0, np.int32)}, "x_train is empty"),
        ({"y_train": np.full(40, 0.5)}, "y_train has shape .* one integer label"),
        ({"y_train": np.full(40, -1)}, "labels start at 0"),
        ({"y_train": np.zeros(40, int), "y_test": np.zeros(8, int)}, "class 0 alone; needed: two"),
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
    whole = path.read_bytes()
    for damaged in (whole[:200], array_bytes(), flipped(deflated(whole))):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="not a readable .npz"):
            load_dataset(str(path))


def array_bytes():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def deflated(whole):
    buffer = io.BytesIO()
    with np.load(io.BytesIO(whole)) as arrays:
        np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def flipped(whole):
    """The first compressed array starts with a kind of block that zlib does not know."""
    start = 30 + int.from_bytes(whole[26:28], "little") + int.from_bytes(whole[28:30], "little")
    return whole[:start] + b"\xff" + whole[start + 1 :]


def test_the_first_images_are_not_of_the_first_classes_alone(tmp_path):
    labels = np.repeat(np.arange(3), 40)
    images = np.broadcast_to(labels[:, None, None] / 2, (120, 8, 8)).astype(np.float32)
    sorted_alike = {"x_train": images, "y_train": labels}
    dataset = load_dataset(write_npz(tmp_path / "d.npz", **sorted_alike))
    for split in (dataset.train, dataset.validation):
        assert set(split.labels[:12]) == {0, 1, 2}
        np.testing.assert_array_equal(split.images[:, 0, 0, 0], split.labels / 2)
    with pytest.raises(InputError, match="y_test is sorted by class"):
        load_dataset(write_npz(tmp_path / "e.npz", x_test=images, y_test=labels))
