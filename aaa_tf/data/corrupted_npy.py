"""CIFAR-10-C from its own files, or any data set laid out in the same way.

    CIFAR-10-C/gaussian_noise.npy    (5 * n, H, W, C) uint8, severity 1 first; n is 10,000
    CIFAR-10-C/labels.npy            (5 * n,) integers

https://zenodo.org/record/2535967 has it. Files are mapped, not read as a whole.
"""

import hashlib
import os

import numpy as np

from aaa_tf.corruptions import SEVERITIES, TYPES
from aaa_tf.data.corruption_source import CorruptionSource
from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError, first_line


def open_npy(folder: str, image_shape, num_examples: int) -> CorruptionSource:
    """Opens a folder of .npy files; every file is checked now, its images are read later.

    Args:
        folder: holds labels.npy and one file for each type.
        image_shape: (H, W, C) that the images must have.
        num_examples: the first ones of each severity; 0 for all.

    Raises:
        InputError: no such files, or damaged ones, or other shapes.
    """
    types = [name for name in TYPES if os.path.exists(_path(folder, name))]
    if not types or not os.path.exists(_path(folder, "labels")):
        raise InputError(
            f"{folder} lacks labels.npy or any of {TYPES[0]}.npy, ...; unpack CIFAR-10-C.tar "
            "from https://zenodo.org/record/2535967 and give its folder"
        )
    labels = _read_labels(folder)
    for name in types:
        _map_images(folder, name, image_shape, len(labels))

    def load(type_name, severity):
        first = (int(severity) - 1) * (len(labels) // len(SEVERITIES))
        rows = slice(first, first + _count(labels, num_examples))
        images = _map_images(folder, type_name, image_shape, len(labels))[rows]
        return Split(images.astype(np.float32) / np.float32(255), labels[rows])

    missing = [name for name in TYPES if name not in types]
    return CorruptionSource(
        name=f"{os.path.basename(os.path.abspath(folder))} (.npy files)",
        cells=tuple((name, str(severity)) for name in types for severity in SEVERITIES),
        load=load,
        notes=(f"missing in the folder: {', '.join(missing)}",) if missing else (),
        version=_version(folder, ["labels", *types]),
    )


def _path(folder, name):
    return os.path.join(folder, f"{name}.npy")


def _version(folder, names):
    """Where the files lie, and when they were written: hashing 3 GB would take its time."""
    states = [os.stat(_path(folder, name)) for name in names]
    told = [os.path.abspath(folder), *((s.st_size, s.st_mtime_ns) for s in states)]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _count(labels, num_examples):
    """Examples of a severity that are used."""
    size = len(labels) // len(SEVERITIES)
    return min(num_examples, size) if num_examples else size


def _map(path):
    try:
        # Not np.load, which takes an archive of arrays for one, whatever its name.
        return np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError) as error:
        reason = first_line(error)
        raise InputError(f"{path} is not a readable .npy file: {reason}") from error


def _read_labels(folder):
    path = _path(folder, "labels")
    labels = _map(path)
    is_usable = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
    if not is_usable or len(labels) == 0 or len(labels) % len(SEVERITIES):
        raise InputError(
            f"{path} has shape {labels.shape} and type {labels.dtype}; needed: one integer for "
            "each image, five blocks of the same length"
        )
    return np.array(labels, np.int32)


def _map_images(folder, name, image_shape, num_rows):
    path = _path(folder, name)
    images = _map(path)
    if images.dtype != np.uint8 or images.shape != (num_rows, *image_shape):
        raise InputError(
            f"{path} has shape {images.shape} and type {images.dtype}; needed: uint8 of shape "
            f"{(num_rows, *image_shape)}, as the labels and the data set say"
        )
    return images
