"""Corrupted images from generation, .npy files, and TensorFlow Datasets' own builders."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from aaa_tf.corruptions import TYPES, corrupt
from aaa_tf.data import Split
from aaa_tf.data.corrupted import open_corruptions
from aaa_tf.errors import InputError
from tests.test_corruptions import make_images


def make_split(count=6, shape=(8, 8, 3)):
    return Split(make_images(count, shape), np.arange(count, dtype=np.int32) % 3)


def open_(spec, split, num_examples=0, data_dir=None, seed=0):
    return open_corruptions(
        str(spec), split, data_dir=data_dir, seed=seed, num_examples=num_examples
    )


@pytest.mark.parametrize("spec", ["nope", "cifar10_d", "folder/that/is/not"])
def test_unknown_name_lists_the_known_ones(spec):
    with pytest.raises(
        InputError, match=f"'{spec}'; known: generated, cifar10_c, mnist_c, or a fold"
    ):
        open_(spec, make_split())


# Generated


def test_generated_cells_are_those_of_corrupt():
    split = make_split()
    source = open_("generated", split, num_examples=4, seed=5)
    assert len(source) == 95
    assert source.cells[:6] == (*(("gaussian_noise", str(s)) for s in range(1, 6)),
                                ("shot_noise", "1"))  # fmt: skip
    for type_name, severity, images, labels in source:
        if severity == "4":
            expected = corrupt(split.images[:4], type_name, 4, seed=5)
            np.testing.assert_array_equal(images, expected)
            np.testing.assert_array_equal(labels, split.labels[:4])


def test_generated_says_what_does_not_compare():
    source = open_("generated", make_split(shape=(28, 28, 1)))
    assert source.not_comparable == ("frost",)
    assert len(source) == 90
    assert [note.split()[0] for note in source.notes] == ["frost", "saturate", "the"]
    assert "on 28x28" in source.notes[2]
    assert len(open_("generated", make_split(2, (32, 32, 3))).notes) == 1


def test_generated_refuses_before_the_first_cell():
    with pytest.raises(InputError, match="0 or above, not -1"):
        open_("generated", make_split(), seed=-1)
    with pytest.raises(InputError, match="5x8 are too small"):
        open_("generated", make_split(shape=(5, 8, 3)))


# CIFAR-10-C's files


def write_folder(folder, types=TYPES, size=3, **changes):
    """`size` images for each severity; the pixels of a file count on from its place in `types`."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"labels": np.tile(np.arange(size, dtype=np.uint8), 5)}
    for place, name in enumerate(types):
        first = (place + np.arange(5 * size)) % 256
        pixels = np.broadcast_to(first[:, None, None, None], (5 * size, 32, 32, 3))
        arrays[name] = pixels.astype(np.uint8)
    for name, array in (arrays | changes).items():
        np.save(folder / f"{name}.npy", array)
    return folder


CIFAR_SPLIT = make_split(2, (32, 32, 3))


@pytest.mark.parametrize(("num_examples", "count"), [(0, 3), (2, 2), (99, 3)])
def test_npy_severities_are_blocks(tmp_path, num_examples, count):
    source = open_(write_folder(tmp_path / "CIFAR-10-C"), CIFAR_SPLIT, num_examples)
    assert source.name == "CIFAR-10-C (.npy files)"
    assert len(source) == 95
    assert len(source.notes) == (num_examples > 0)
    cells = {(name, severity): (images, labels) for name, severity, images, labels in source}
    images, labels = cells["shot_noise", "4"]  # second file, fourth block of three
    assert images.shape == (count, 32, 32, 3)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[:, 0, 0, 0] * 255, [10, 11, 12][:count], rtol=1e-6)
    np.testing.assert_array_equal(labels, [0, 1, 2][:count])
    assert labels.dtype == np.int32


def test_npy_folder_without_some_types_names_them(tmp_path):
    source = open_(write_folder(tmp_path, types=TYPES[:17]), CIFAR_SPLIT)
    assert len(source) == 85
    assert source.notes == ("missing in the folder: spatter, saturate",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fog": np.zeros((10, 32, 32, 3), np.uint8)}, r"fog\.npy has shape \(10, 32"),
        ({"fog": np.zeros((15, 28, 28, 1), np.uint8)}, r"fog\.npy has shape \(15, 28"),
        ({"fog": np.zeros((15, 32, 32, 3))}, r"fog\.npy .* type float64; needed: uint8"),
        ({"labels": np.zeros(14, np.uint8)}, r"labels\.npy has shape \(14,\).*five blocks"),
        ({"labels": np.zeros(15)}, r"labels\.npy .* float64"),
        ({"labels": np.zeros(0, np.uint8)}, r"labels\.npy has shape \(0,\)"),
        ({"labels": np.array([None] * 15)}, r"labels\.npy is not a readable \.npy"),
    ],
)
def test_npy_files_that_do_not_fit(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        open_(write_folder(tmp_path, types=("fog", "snow"), **changes), CIFAR_SPLIT)


def test_npy_missing_or_damaged(tmp_path):
    with pytest.raises(InputError, match=r"lacks labels\.npy .*zenodo"):
        open_(tmp_path, CIFAR_SPLIT)
    folder = write_folder(tmp_path, types=("fog",))
    path = folder / "fog.npy"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"fog\.npy is not a readable \.npy file"):
        open_(folder, CIFAR_SPLIT)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"fog\.npy is not a readable \.npy file"):
        open_(folder, CIFAR_SPLIT)


# TensorFlow Datasets, whose builders run here on small files in place of the downloaded ones


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
