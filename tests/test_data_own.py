"""The user's own .npz files and folders of class folders."""

import numpy as np
import PIL.Image
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
