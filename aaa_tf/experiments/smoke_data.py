"""Embedded digits in the shape of another data set, so that its experiment runs without it.

    dataset = stand_in_for("cifar10")        # 32x32x3, named digits_for_cifar10

The digits are those of scikit-learn, resized, and grey in three channels. Nothing measured on them
says anything of the data set that they stand in for, and their name in every file says so.
"""

import numpy as np
import tensorflow as tf

from aaa_tf.data import Dataset, Split, load_dataset

_SHAPES = {"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3)}


def stand_in_for(name: str) -> Dataset:
    """The digits in the image shape of "mnist", "fashion_mnist" or "cifar10"."""
    digits = load_dataset("digits")
    height, width, channels = _SHAPES[name]

    def reshape(split):
        images = tf.image.resize(split.images, (height, width)).numpy()
        images = np.repeat(np.clip(images, 0, 1), channels, axis=-1)
        return Split(images.astype(np.float32), split.labels)

    parts = (reshape(split) for split in (digits.train, digits.validation, digits.test))
    return Dataset(f"digits_for_{name}", *parts, digits.class_names)
