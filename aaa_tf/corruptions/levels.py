"""The 8-bit steps of CIFAR-10-C: it goes from 0-255 to [0, 1] and back, and where it does it shows.

Images here are float64 in [0, 1]; these two bring them onto multiples of 1/255.
"""

import numpy as np


def truncate(images) -> np.ndarray:
    """Clips to [0, 1] and cuts down to the level below, as a cast to uint8 does."""
    return np.floor(np.clip(images, 0, 1) * 255) / 255


def nearest(images) -> np.ndarray:
    """Clips to [0, 1] and rounds to the nearest level."""
    return np.rint(np.clip(images, 0, 1) * 255) / 255


def to_bytes(images) -> np.ndarray:
    """The uint8 levels of images that lie on multiples of 1/255."""
    return np.rint(images * 255).astype(np.uint8)
