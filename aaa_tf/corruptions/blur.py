"""Blurs of CIFAR-10-C that need no direction: Gaussian, defocus, glass, zoom.

    defocus_blur(images, (1.5, 0.1), draws)

Images (N, H, W, C) float64 in [0, 1]. SciPy takes the place of scikit-image and OpenCV; its borders
are the same under other names: "nearest" repeats the last pixel, "mirror" is OpenCV's reflect-101.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import math

import numpy as np
import scipy.ndimage

from aaa_tf.corruptions import levels
from aaa_tf.corruptions.zoom import clipped_zoom


def smooth(layers, sigma):
    """Gaussian filter over height and width of (N, H, W[, C]), cut at four sigmas."""
    return scipy.ndimage.gaussian_filter(layers, sigma, axes=(1, 2), mode="nearest", truncate=4)


def gaussian_blur(images, sigma, draws):
    """Gaussian filter."""
    del draws
    return smooth(images, sigma)


def defocus_blur(images, constant, draws):
    """Convolution with an antialiased disk; `constant` is (radius, sigma of the antialiasing)."""
    del draws
    kernel = disk_kernel(*constant)
    return scipy.ndimage.correlate(images, kernel[None, :, :, None], mode="mirror")


def disk_kernel(radius, sigma):
    """A disk of sum 1, smoothed by a 3x3 Gaussian of the given sigma.

    The published kernel has 17x17 entries, most of them 0 for these radii; this is its middle.
    In OpenCV's single precision its sum comes out a little above 1, so that even areas keep their
    level when they are cut to 8 bits; a sum a little below would darken them by one.
    """
    reach = math.ceil(radius) + 1
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (rows**2 + columns**2 <= radius**2).astype(float)
    kernel = scipy.ndimage.gaussian_filter(disk, sigma, radius=1, mode="constant")
    return kernel / kernel.sum() * (1 + 1e-8)


def glass_blur(images, constant, draws):
    """Blur, pixels taken from a neighbour, blur; `constant`: (sigma, displacement, repetitions).

    The published code means to exchange pixels, from the last row to the first. Its exchange goes
    through views of one array, so it copies the neighbour and leaves it as it was. Neighbours lie
    above or to the left, where nothing has changed yet, so a repetition is one gather. That is how
    the published images were made, and what is done here. The first two rows and columns stay.
    """
    sigma, reach, repetitions = constant
    images = levels.truncate(smooth(images, sigma))
    count, height, width = images.shape[:3]
    rows, columns = np.mgrid[reach + 1 : height - reach + 1, reach + 1 : width - reach + 1]
    each = np.arange(count)[:, None, None]
    for _ in range(repetitions):
        shift = draws.integers(-reach, reach, (2, *rows.shape))
        taken = images[each, rows + shift[:, 0], columns + shift[:, 1]]
        images = images.copy()
        images[:, rows, columns] = taken
    return smooth(images, sigma)


def zoom_blur(images, end, draws):
    """Mean of the image and its zooms by 1, 1.01, ... up to about `end`.

    The published ranges are np.arange(1, end, 0.01); by rounding some of them contain `end`.
    """
    del draws
    factors = np.arange(1, end, 0.01)
    total = images + sum(clipped_zoom(images, factor) for factor in factors)
    return total / (len(factors) + 1)
