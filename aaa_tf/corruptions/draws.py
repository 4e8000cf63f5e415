"""Random numbers for a batch of images: each image has a generator of its own.

    Draws(seed=0, type_name="fog", severity=3, indices=range(100, 200)).normal((32, 32))

An image's numbers are a function of (seed, type, severity, its index), so a corrupted image is the
same in whatever batch it is made.
"""

import zlib

import numpy as np


class Draws:
    """One generator per image; each method returns one row of draws per image."""

    def __init__(self, *, seed: int, type_name: str, severity: int, indices):
        """`indices`: (N,) places of the images in the whole data set; `seed`: 0 or above."""
        self._key = (seed, zlib.crc32(type_name.encode()), severity)
        self._indices = list(indices)
        self._made = None

    @property
    def _generators(self):
        """Made at the first draw: types without randomness need none."""
        if self._made is None:
            self._made = [np.random.default_rng([*self._key, index]) for index in self._indices]
        return self._made

    def __len__(self):
        return len(self._indices)

    def normal(self, shape) -> np.ndarray:
        """Standard normal numbers, (N, *shape)."""
        return np.stack([generator.standard_normal(shape) for generator in self._generators])

    def uniform(self, low: float, high: float, shape=()) -> np.ndarray:
        """Uniform numbers in [low, high), (N, *shape)."""
        return np.stack([generator.uniform(low, high, shape) for generator in self._generators])

    def integers(self, low: int, high: int, shape) -> np.ndarray:
        """Integers from low to high - 1, (N, *shape)."""
        return np.stack([generator.integers(low, high, shape) for generator in self._generators])

    def poisson(self, means) -> np.ndarray:
        """Poisson counts around `means`, (N, ...)."""
        pairs = zip(self._generators, means, strict=True)
        return np.stack([generator.poisson(mean) for generator, mean in pairs])
