"""Folders of class folders of images."""

import numpy as np
import PIL.Image
import pytest

from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from tests.dataset_format import check_format


def write_images(root, classes=("cat", "dog"), count=10, mode="RGB"):
    for label, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for i in range(count):
            color = 255 * label if mode == "L" else (255 * label, 0, 0)
            PIL.Image.new(mode, (6, 9), color).save(root / name / f"{i}.png")


def test_folder_of_class_folders(tmp_path):
    write_images(tmp_path / "photos", count=100)
    dataset = load_dataset(str(tmp_path / "photos"))
    check_format(dataset)
    assert dataset.image_shape == (9, 6, 3)
    assert dataset.class_names == ("cat", "dog")
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 200
    assert 25 <= len(dataset.test) <= 55
    red = dataset.test.images[:, 0, 0, 0]
    np.testing.assert_array_equal(red, dataset.test.labels)


def test_folder_with_train_and_test(tmp_path):
    write_images(tmp_path / "train", mode="L")
    write_images(tmp_path / "test", count=3, mode="L")
    dataset = load_dataset(str(tmp_path))
    assert dataset.image_shape == (9, 6, 1)
    assert len(dataset.test) == 6


def test_images_stay_in_their_split_when_files_are_added(tmp_path):
    def write(count):
        for label in range(2):
            (tmp_path / str(label)).mkdir(exist_ok=True)
            for i in range(count):
                color = (i, 255 * label, 7)
                PIL.Image.new("RGB", (2, 2), color).save(tmp_path / str(label) / f"{i}.png")
        dataset = load_dataset(str(tmp_path))
        return [
            {tuple(pixel) for pixel in split.images[:, 0, 0]}
            for split in (dataset.train, dataset.validation, dataset.test)
        ]

    train, validation, test = write(20)
    more_train, more_validation, more_test = write(60)
    assert test < more_test
    assert train | validation < more_train | more_validation
    assert not more_test & (more_train | more_validation)


def test_a_class_with_too_few_images_is_told(tmp_path, monkeypatch):
    write_images(tmp_path, count=20)
    places = {"owl/0.png": 0.1, "owl/1.png": 0.19, "cat/0.png": 0.15}
    monkeypatch.setattr("aaa_tf.data.class_folders._place", lambda name: places.get(name, 0.5))
    with pytest.warns(UserWarning, match="no test image of dog among those drawn"):
        assert len(load_dataset(str(tmp_path)).test) == 1
    write_images(tmp_path, classes=("owl",), count=2)
    refuse(tmp_path, "no training image of owl among those drawn; give it more images, or name")
    places.clear()
    refuse(tmp_path, "no test image among those drawn")


@pytest.mark.parametrize("has_splits", [False, True])
def test_the_first_images_are_of_all_classes(tmp_path, has_splits):
    for part in ("train", "test") if has_splits else ("",):
        write_images(tmp_path / part, classes=("a", "b"), count=30)
    dataset = load_dataset(str(tmp_path))
    for split in (dataset.train, dataset.validation, dataset.test):
        assert set(split.labels[:5]) == {0, 1}
        np.testing.assert_array_equal(split.images[:, 0, 0, 0], split.labels)
    again = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(again.test.labels, dataset.test.labels)


def refuse(folder, message):
    with pytest.raises(InputError, match=message):
        load_dataset(str(folder))


def test_folder_that_cannot_be_used(tmp_path):
    refuse(tmp_path, "holds no class folders")
    write_images(tmp_path / "train")
    refuse(tmp_path, "holds train/ and no test/; name its splits train/ and test/")
    (tmp_path / "test" / "cat").mkdir(parents=True)
    refuse(tmp_path, "test holds no class folders of images")
    write_images(tmp_path / "test", classes=("cow", "dog"))
    refuse(tmp_path, "same class folders")
    (tmp_path / "train" / "cat" / "0.png").write_bytes(b"no image")
    refuse(tmp_path, r"0\.png is no image")


def test_a_folder_of_one_class_or_of_folders_in_classes(tmp_path):
    write_images(tmp_path / "one", classes=("cat",))
    refuse(tmp_path / "one", "holds the images of one class, cat")
    refuse(tmp_path, "cat/0.png, too deep")
