"""The user's own images as a folder of class folders, read with Keras.

photos/cat/1.png ...     about a fifth of the files, drawn by name, are the test split, or, if
photos/train/cat/1.png   there are folders train/ and test/, these are the splits

A file's name alone decides where it goes, so that no test image becomes a training image when
files are added or removed. Images are in the order of a hash of their names: what measures on a
part of a split takes its first images, and class by class these would be of a few classes.
"""

import hashlib
import os
import pathlib
import warnings

import numpy as np

from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError, first_line

_SPLITS = ("train", "test")
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_TEST_SHARE = 0.2


def load_folder(path: str):
    """Reads class folders with Keras; images take the size and colour of the first one."""
    has_splits = _has_splits(path)
    roots = [os.path.join(path, part) for part in _SPLITS] if has_splits else [path]
    height, width, color_mode = _first_image_format(roots[0])
    for root in roots[1:]:
        _first_image_format(root)
    parts = [_read_class_folders(root, (height, width), color_mode) for root in roots]
    split, class_names, places = parts[0]
    if len(class_names) < 2:
        raise InputError(f"{path} holds the images of one class, {class_names[0]}; needed: two")
    if has_splits:
        if parts[1][1] != class_names:
            raise InputError(f"{path}: train/ and test/ do not hold the same class folders")
        return split, parts[1][0], class_names
    count = np.searchsorted(places, _TEST_SHARE)
    train = Split(split.images[count:], split.labels[count:])
    test = Split(split.images[:count], split.labels[:count])
    _require_classes(path, train, test, class_names)
    return train, test, class_names


def _require_classes(path, train, test, class_names):
    """A few files of a class may all be drawn for one split: an error, or a warning, then."""
    absent, unseen = (
        ", ".join(name for label, name in enumerate(class_names) if label not in split.labels)
        for split in (train, test)
    )
    advice = "give it more images, or name splits train/ and test/"
    if absent or not len(test):
        what = f"training image of {absent}" if absent else "test image"
        raise InputError(f"{path}: no {what} among those drawn; {advice}")
    if unseen:
        line = f"{path}: no test image of {unseen} among those drawn; {advice}"
        warnings.warn(line, stacklevel=4)


def _has_splits(path):
    """Whether the folder holds splits; InputError where it holds one of the two."""
    found = [part for part in _SPLITS if os.path.isdir(os.path.join(path, part))]
    if len(found) == 1:
        (missing,) = set(_SPLITS) - set(found)
        raise InputError(
            f"{path} holds {found[0]}/ and no {missing}/; name its splits train/ and test/, or "
            "leave class folders alone in it"
        )
    return bool(found)


def _first_image_format(root):
    """(height, width, colour) of the first image; InputError unless all lie in class folders."""
    paths = [
        os.path.join(folder, file)
        for folder, _, files in sorted(os.walk(root))
        for file in sorted(files)
        if folder != root and file.lower().endswith(_IMAGE_SUFFIXES)
    ]
    deep = [path for path in paths if os.path.dirname(os.path.dirname(path)) != root.rstrip("/")]
    if not paths or deep:
        found = f"{deep[0]}, too deep" if deep else "no class folders of images"
        raise InputError(
            f"{root} holds {found} ({', '.join(_IMAGE_SUFFIXES)}); "
            f"needed: {os.path.join(root, 'CLASS', 'IMAGE.png')}"
        )
    return _image_format(paths[0])


def _image_format(path):
    import PIL.Image

    try:
        with PIL.Image.open(path) as image:
            is_grey = image.mode in ("1", "L", "I", "I;16", "F")
            return image.height, image.width, "grayscale" if is_grey else "rgb"
    except OSError as error:
        raise InputError(f"{path} is no image: {error}") from error


def _read_class_folders(root, image_size, color_mode):
    """(Split, class names, places in [0, 1) in rising order) of the images of a folder."""
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
    places = np.array([_place(os.path.relpath(file, root)) for file in batches.file_paths])
    order = np.argsort(places)
    images = np.clip(images[order], 0, 1).astype(np.float32)
    return Split(images, labels[order]), tuple(batches.class_names), places[order]


def _place(name):
    """Where a file comes among all, from 0 to 1: as good as random, and its name's alone."""
    digest = hashlib.sha256(pathlib.PurePath(name).as_posix().encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
