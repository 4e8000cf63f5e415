"""Splits to corrupt, and CIFAR-10-C's files in little."""

import numpy as np

from aaa_tf.corruptions import TYPES
from aaa_tf.data import Split
from aaa_tf.data.corrupted import open_corruptions
from tests.corruption_inputs import make_images


def make_split(count=6, shape=(8, 8, 3)):
    return Split(make_images(count, shape), np.arange(count, dtype=np.int32) % 3)


def open_(spec, split, num_examples=0, data_dir=None, seed=0):
    return open_corruptions(
        str(spec), split, data_dir=data_dir, seed=seed, num_examples=num_examples
    )


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
