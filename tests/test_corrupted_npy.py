"""CIFAR-10-C's own .npy files."""

import os

import numpy as np
import pytest

from aaa_tf.corruptions import TYPES
from aaa_tf.data.corrupted_npy import open_npy
from aaa_tf.errors import InputError
from tests.corrupted_data import CIFAR_SPLIT, open_, write_folder


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


def test_npy_files_written_anew_or_elsewhere_are_other_ones(tmp_path):
    folder = write_folder(tmp_path / "a", types=("fog",))
    first = open_(folder, CIFAR_SPLIT).version
    assert open_(folder, CIFAR_SPLIT).version == first
    assert open_(write_folder(tmp_path / "b", types=("fog",)), CIFAR_SPLIT).version != first
    os.utime(folder / "fog.npy", ns=(1, 1))
    assert open_(folder, CIFAR_SPLIT).version != first


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


@pytest.mark.parametrize("archive", ["labels", "fog"])
def test_an_archive_of_arrays_is_told(tmp_path, archive):
    """np.load would open it, and what comes out has neither shape nor type."""
    for name, array in (
        ("labels", np.zeros(5, np.int64)),
        ("fog", np.zeros((5, 8, 8, 1), np.uint8)),
    ):
        with (tmp_path / f"{name}.npy").open("wb") as file:
            if name == archive:
                np.savez(file, array)
            else:
                np.save(file, array)
    with pytest.raises(InputError, match=f"{archive}.npy is not a readable .npy file"):
        open_npy(str(tmp_path), (8, 8, 1), 0)
