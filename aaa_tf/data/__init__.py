"""Images and labels, from a name or a path: `load_dataset("mnist")`, `load_dataset("my.npz")`.

Always float32 in [0, 1], NHWC, integer labels, in memory, with a fixed validation split taken
from train. `named` knows the public data sets, `own` and `class_folders` read the user's files,
`batching` decides the order in which training sees examples, `corrupted` opens corrupted test
images.
"""

import os

from aaa_tf.data import class_folders, named, own
from aaa_tf.data.batching import make_training_batches
from aaa_tf.data.dataset import Dataset, Split, hold_out_validation
from aaa_tf.errors import InputError

__all__ = [
    "Dataset",
    "Split",
    "load_dataset",
    "make_dataset",
    "make_training_batches",
    "require_dataset",
]


def load_dataset(name: str, *, data_dir: str | None = None) -> Dataset:
    """Loads a data set by name or path.

    Args:
        name: "digits", "mnist", "fashion_mnist", "cifar10", an .npz file (arrays x_train,
            y_train, x_test, y_test) or a folder of class folders of images.
        data_dir: where TensorFlow Datasets keeps its files; default TFDS_DATA_DIR, then
            TensorFlow Datasets' own default.

    Returns:
        A Dataset with train, validation and test splits.

    Raises:
        InputError: unknown name, missing or unreadable data, arrays that do not fit.
    """
    require_dataset(name)
    if name in named.LOADERS:
        train, test, class_names = named.LOADERS[name](data_dir)
    elif os.path.isdir(name):
        train, test, class_names = class_folders.load_folder(name)
    else:
        train, test, class_names = own.load_npz(name)
    train, validation = hold_out_validation(train)
    return Dataset(
        name=name, train=train, validation=validation, test=test, class_names=class_names
    )


def make_dataset(
    name: str, x_train, y_train, x_test, y_test, *, class_names: tuple | None = None
) -> Dataset:
    """A data set of one's own arrays, checked and split as an .npz file of them is.

    Args:
        name: what reports call it.
        x_train: images (N, H, W[, C]), uint8 from 0 to 255 or floats from 0 to 1.
        y_train: labels (N,), integers from 0 on.
        x_test: as x_train.
        y_test: as y_train.
        class_names: a name for each class; None for their numbers.

    Returns:
        A Dataset; a tenth of the training images, 5,000 at most, becomes the validation split.

    Raises:
        InputError: arrays that do not fit, or fewer names than classes.
    """
    train, test, numbers = own.check_arrays(name, x_train, y_train, x_test, y_test)
    if class_names is not None and len(class_names) < len(numbers):
        raise InputError(f"{name}: {len(class_names)} class names for {len(numbers)} classes")
    train, validation = hold_out_validation(train)
    names = tuple(numbers if class_names is None else class_names)
    return Dataset(name=name, train=train, validation=validation, test=test, class_names=names)


def require_dataset(name: str) -> None:
    """Raises InputError unless `name` is a known data set, a folder, or a path to an .npz file."""
    if name not in named.LOADERS and not os.path.isdir(name) and not name.endswith(".npz"):
        raise InputError(
            f"unknown dataset '{name}'; known: {', '.join(sorted(named.LOADERS))}, "
            "a path to an .npz file, or a folder of class folders of images"
        )
