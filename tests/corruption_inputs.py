"""Images to corrupt, and draws that a test knows."""

import numpy as np
import scipy.ndimage

from aaa_tf.corruptions.draws import Draws


def make_images(count, shape, seed=0):
    """Smooth random images over the whole range, at 8 bits."""
    images = np.random.default_rng(seed).standard_normal((count, *shape))
    images = scipy.ndimage.gaussian_filter(images, 2, axes=(1, 2))
    images -= images.min(axis=(1, 2, 3), keepdims=True)
    images /= images.max(axis=(1, 2, 3), keepdims=True)
    return np.rint(images * 255).astype(np.float32) / np.float32(255)


class GivenDraws:
    """Draws that are told: one value everywhere, for `count` images."""

    def __init__(self, normal=0.0, uniform=None, count=1):
        self._normal, self._uniform, self._count = normal, uniform, count

    def __len__(self):
        return self._count

    def normal(self, shape):
        return np.full((self._count, *shape), self._normal)

    def uniform(self, low, high, shape=()):
        middle = (low + high) / 2
        return np.full((self._count, *shape), middle if self._uniform is None else self._uniform)


def draws_of(name, severity, count, seed=0):
    return Draws(seed=seed, type_name=name, severity=severity, indices=range(count))


def constant_images(value, shape=(8, 8, 1)):
    return np.full((1, *shape), value)


class FieldDraws(GivenDraws):
    """Normal draws that are 0 but for one pixel."""

    def __init__(self, flake, value):
        super().__init__()
        self._flake, self._value = flake, value

    def normal(self, shape):
        drawn = super().normal(shape)
        drawn[(0, *self._flake)] = self._value
        return drawn
