"""The user's own images: an .npz of four arrays, or a folder of class folders.

my.npz                   x_train, y_train, x_test, y_test; uint8, or float in [0, 1]
photos/cat/1.png ...     a fifth of all files, always the same, are the test split, or, if there are
photos/train/cat/1.png   folders train/ and test/, these are the splits
"""

import os
import zipfile

import numpy as np

from aaa_tf import seeds
from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError, first_line

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")


def load_npz(path: str):
    """Reads and checks an .npz; returns (train, test, class names "0", "1", ...)."""
    if not os.path.exists(path):
        raise InputError(f"no file {path}; an .npz with the arrays {', '.join(_ARRAYS)} is needed")
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS if name in file}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, AttributeError) as error:
        raise InputError(f"{path} is not a readable .npz file: {error}") from error
    missing = [name for name in _ARRAYS if name not in arrays]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; needed: {', '.join(_ARRAYS)}")
    train = _check_split(path, "train", arrays["x_train"], arrays["y_train"])
    test = _check_split(path, "test", arrays["x_test"], arrays["y_test"])
    if train.images.shape[1:] != test.images.shape[1:]:
        raise InputError(
            f"{path}: x_train has images of shape {train.images.shape[1:]}, "
            f"x_test of {test.images.shape[1:]}; they must agree"
        )
    num_classes = int(max(train.labels.max(), test.labels.max())) + 1
    return train, test, tuple(str(label) for label in range(num_classes))


def _check_split(path, part, images, labels):
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4:
        raise InputError(
            f"{path}: x_{part} has shape {images.shape}; "
            "needed: (examples, height, width[, channels])"
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


def load_folder(path: str):
    """Reads class folders with Keras; images take the size and colour of the first one."""
    has_splits = all(os.path.isdir(os.path.join(path, part)) for part in ("train", "test"))
    roots = [os.path.join(path, part) for part in ("train", "test")] if has_splits else [path]
    height, width, color_mode = _first_image_format(roots[0])
    parts = [_read_class_folders(root, (height, width), color_mode) for root in roots]
    class_names = parts[0][1]
    if has_splits:
        if parts[1][1] != class_names:
            raise InputError(f"{path}: train/ and test/ do not hold the same class folders")
        return parts[0][0], parts[1][0], class_names
    split = parts[0][0]
    order = seeds.permutation(0, 0, len(split))
    count = max(1, len(split) // 5)
    train, test = np.sort(order[count:]), np.sort(order[:count])
    return (
        Split(split.images[train], split.labels[train]),
        Split(split.images[test], split.labels[test]),
        class_names,
    )


def _first_image_format(root):
    import PIL.Image

    for folder, _, files in sorted(os.walk(root)):
        for file in sorted(files):
            if folder != root and file.lower().endswith(_IMAGE_SUFFIXES):
                try:
                    with PIL.Image.open(os.path.join(folder, file)) as image:
                        is_grey = image.mode in ("1", "L", "I", "I;16", "F")
                        return image.height, image.width, "grayscale" if is_grey else "rgb"
                except OSError as error:
                    raise InputError(
                        f"{os.path.join(folder, file)} is no image: {error}"
                    ) from error
    raise InputError(
        f"{root} holds no class folders of images ({', '.join(_IMAGE_SUFFIXES)}); "
        f"needed: {os.path.join(root, 'CLASS', 'IMAGE.png')}"
    )


def _read_class_folders(root, image_size, color_mode):
    import keras
    import tensorflow as tf

    batches = keras.utils.image_dataset_from_directory(
        root, image_size=image_size, color_mode=color_mode, shuffle=False, verbose=False
    )
    try:
        pairs = [(images.numpy(), labels.numpy()) for images, labels in batches]
    except tf.errors.InvalidArgumentError as error:
        line = first_line(error.message)
        raise InputError(f"{root} holds an image that cannot be decoded: {line}") from error
    images = np.concatenate([images for images, _ in pairs]) / np.float32(255)
    labels = np.concatenate([labels for _, labels in pairs]).astype(np.int32)
    return Split(np.clip(images, 0, 1).astype(np.float32), labels), tuple(batches.class_names)
