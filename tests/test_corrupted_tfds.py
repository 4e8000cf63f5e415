"""Corrupted data sets of TensorFlow Datasets, whose builders run here on small files."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from aaa_tf.corruptions import TYPES
from aaa_tf.errors import InputError
from tests.corrupted_data import CIFAR_SPLIT, make_split, open_, write_folder


@pytest.fixture
def prepare(monkeypatch, tmp_path):
    """Prepares configurations of a corrupted data set from what `prepare.downloaded` holds."""
    tfds.disable_progress_bar()
    manager = tfds.download.DownloadManager
    monkeypatch.setattr(manager, "download_and_extract", lambda self, url: tmp_path / "downloaded")
    data_dir = tmp_path / "data"
    data_dir.mkdir()

    def run(*names):
        for name in names:
            tfds.builder(name, data_dir=data_dir).download_and_prepare()
        return str(data_dir)

    return run


def test_cifar10_c_by_its_builder(prepare, tmp_path):
    write_folder(tmp_path / "downloaded" / "CIFAR-10-C")
    data_dir = prepare("cifar10_corrupted/frosted_glass_blur_2", "cifar10_corrupted/elastic_5")
    source = open_("cifar10_c", CIFAR_SPLIT, data_dir=data_dir)
    assert source.cells == (("glass_blur", "2"), ("elastic_transform", "5"))
    assert "brightness_1" in source.notes[0]
    assert "elastic_5" not in source.notes[0]
    (_, _, images, labels), _ = source
    glass = TYPES.index("glass_blur")
    order = np.argsort(labels)
    np.testing.assert_allclose(images[order, 0, 0, 0] * 255, glass + 3 + np.arange(3), rtol=1e-6)
    assert images.dtype == np.float32
    limited = open_("cifar10_c", CIFAR_SPLIT, num_examples=2, data_dir=data_dir)
    assert [len(labels) for _, _, _, labels in limited] == [2, 2]


def test_mnist_c_by_its_builder(prepare, tmp_path):
    for place, name in enumerate(("identity", "zigzag")):
        folder = tmp_path / "downloaded" / "mnist_c" / name
        folder.mkdir(parents=True)
        for part in ("train", "test"):
            np.save(folder / f"{part}_images.npy", np.full((4, 28, 28, 1), place, np.uint8))
            np.save(folder / f"{part}_labels.npy", np.arange(4, dtype=np.int64))
    data_dir = prepare("mnist_corrupted/identity", "mnist_corrupted/zigzag")
    source = open_("mnist_c", make_split(2, (28, 28, 1)), data_dir=data_dir)
    assert source.cells == (("identity", "0"), ("zigzag", "0"))
    assert "no severities" in source.notes[0]
    for (name, _, images, labels), value in zip(source, (0, 1 / 255), strict=True):
        np.testing.assert_allclose(images, np.full((4, 28, 28, 1), value), rtol=1e-6, err_msg=name)
        assert sorted(labels) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("spec", "builder", "shape", "count"),
    [("cifar10_c", "cifar10_corrupted", (32, 32, 3), 95),
     ("mnist_c", "mnist_corrupted", (28, 28, 1), 16)],
)  # fmt: skip
def test_every_cell_is_a_configuration_of_its_builder(tmp_path, spec, builder, shape, count):
    configs = tfds.builder_cls(builder).builder_configs
    for name in configs:
        version = tmp_path / builder / name / "1.0.0"
        version.mkdir(parents=True)
        (version / "dataset_info.json").write_text("{")
    source = open_(spec, make_split(2, shape), data_dir=str(tmp_path))
    assert len(source) == len(configs) == count
    assert not [note for note in source.notes if "not prepared" in note]
    with pytest.raises(InputError, match="cannot be read"):
        next(iter(source))


def test_what_is_not_prepared_is_told_with_the_way_to_get_it(tmp_path):
    with pytest.raises(InputError, match=r"cifar10_c is not prepared .*builder_cls.*\.npy files"):
        open_("cifar10_c", CIFAR_SPLIT, data_dir=str(tmp_path))
    with pytest.raises(InputError, match=r"mnist_c is not prepared .*download_and_prepare") as told:
        open_("mnist_c", make_split(2, (28, 28, 1)), data_dir=str(tmp_path))
    assert "\n" not in str(told.value)


def test_images_of_another_shape_are_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"mnist_c has images of shape \(28, 28, 1\), the data set"
    ):
        open_("mnist_c", CIFAR_SPLIT, data_dir=str(tmp_path))
