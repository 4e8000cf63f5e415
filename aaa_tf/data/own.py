"""The user's own images as an .npz of x_train, y_train, x_test, y_test; uint8, or float in [0, 1].

What measures on a part of a split takes its first images, so no split may be in the order of its
classes. Training images are shuffled, always alike; test images keep their order, because other
files of the user may refer to it, and are refused where they come class by class.
"""

import os
import zipfile
import zlib

import numpy as np

from aaa_tf.data.dataset import Split, shuffle
from aaa_tf.errors import InputError

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_FEW = 100  # so many labels are in order by chance hardly ever


def load_npz(path: str):
    """Reads and checks an .npz; returns (train, test, class names "0", "1", ...)."""
    if not os.path.exists(path):
        raise InputError(f"no file {path}; an .npz with the arrays {', '.join(_ARRAYS)} is needed")
    try:
        with open(path, "rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array")
            arrays = {name: file[name] for name in _ARRAYS if name in file}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a readable .npz file: {error}") from error
    missing = [name for name in _ARRAYS if name not in arrays]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; needed: {', '.join(_ARRAYS)}")
    return check_arrays(path, **arrays)


def check_arrays(path: str, x_train, y_train, x_test, y_test):
    """(train, test, class names "0", "1", ...) of arrays; messages begin with `path`."""
    train = _check_split(path, "train", np.asarray(x_train), np.asarray(y_train))
    test = _check_split(path, "test", np.asarray(x_test), np.asarray(y_test))
    if train.images.shape[1:] != test.images.shape[1:]:
        raise InputError(
            f"{path}: x_train has images of shape {train.images.shape[1:]}, "
            f"x_test of {test.images.shape[1:]}; they must agree"
        )
    _require_mixed(path, test.labels)
    num_classes = int(max(train.labels.max(), test.labels.max())) + 1
    if num_classes < 2:
        raise InputError(f"{path} holds images of class 0 alone; needed: two classes or more")
    return shuffle(train), test, tuple(str(label) for label in range(num_classes))


def _require_mixed(path, labels):
    """Raises InputError for test images class by class, whose first are of a few classes."""
    if len(labels) > _FEW and labels[0] != labels[-1] and np.all(np.diff(labels) >= 0):
        raise InputError(
            f"{path}: y_test is sorted by class, so the first images, which evaluations take, are "
            "of a few classes alone; shuffle the rows of x_test and y_test together"
        )


def _check_split(path, part, images, labels):
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4:
        raise InputError(
            f"{path}: x_{part} has shape {images.shape}; "
            "needed: (examples, height, width[, channels])"
        )
    if images.shape[1] in (1, 3) and images.shape[3] > 4:
        raise InputError(
            f"{path}: x_{part} has shape {images.shape}, with channels first; needed: "
            "(examples, height, width, channels)"
        )
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"{path}: y_{part} has shape {labels.shape} and type {labels.dtype}; "
            "needed: one integer label per example"
        )
    if len(images) != len(labels):
        raise InputError(
            f"{path}: x_{part} has {len(images)} examples but y_{part} has {len(labels)}"
        )
    if len(labels) == 0:
        raise InputError(f"{path}: x_{part} is empty")
    if labels.min() < 0:
        raise InputError(f"{path}: y_{part} holds {labels.min()}; labels start at 0")
    return Split(_to_unit_range(path, part, images), labels.astype(np.int32))


def _to_unit_range(path, part, images):
    if images.dtype == np.uint8:
        if images.max() <= 1:
            raise InputError(
                f"{path}: x_{part} is uint8 and holds nothing above 1, which is black in 0 to 255; "
                "store images of 0 and 1 as floats"
            )
        return images.astype(np.float32) / np.float32(255)
    if not np.issubdtype(images.dtype, np.floating):
        raise InputError(
            f"{path}: x_{part} has type {images.dtype}; needed: uint8 (0 to 255) or float (0 to 1)"
        )
    images = images.astype(np.float32)
    if not np.isfinite(images).all():
        raise InputError(f"{path}: x_{part} holds NaN or infinite values; remove those examples")
    if images.min() < 0 or images.max() > 1:
        raise InputError(
            f"{path}: x_{part} ranges from {images.min():g} to {images.max():g}; "
            "float images must lie in [0, 1] (or store 0 to 255 as uint8)"
        )
    return images
