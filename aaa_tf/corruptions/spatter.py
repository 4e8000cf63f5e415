"""Spatter of CIFAR-10-C: drops of water (severities 1 to 3) or mud (4 and 5).

    spatter(images, (0.62, 0.1, 0.7, 0.7, 0.5, 0), draws)

Images (N, H, W, C) float64 in [0, 1]. On grey images the liquid has the luminance of its colour.
The water's shading goes through functions of OpenCV, implemented here on their definitions: Canny
edges and the distance to them (`edges`), equalised histogram, 3x3 filters with mirrored borders.
A pixel can differ by a level where OpenCV's fixed-point distances round.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import numpy as np
import scipy.ndimage

from aaa_tf.corruptions.blur import smooth
from aaa_tf.corruptions.color import in_channels_of
from aaa_tf.corruptions.edges import canny_edges, chamfer_distance

_WATER = (175 / 255, 238 / 255, 238 / 255)  # pale turquoise
_MUD = (63 / 255, 42 / 255, 20 / 255)
_CANNY_LOW, _CANNY_HIGH, _FARTHEST = 50, 150, 20
# Lights the drops from one side.
_RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
_MEAN = np.full((3, 3), 1 / 9)
# Mud thinner than this is none.
_THINNEST_MUD = 0.8


def spatter(images, constant, draws):
    """Splashes; `constant`: (mean, deviation, sigma, threshold, strength, 0 water or 1 mud)."""
    mean, deviation, sigma, threshold, strength, is_mud = constant
    liquid = smooth(mean + deviation * draws.normal(images.shape[1:3]), sigma)
    liquid = np.where(liquid < threshold, 0, liquid)
    if is_mud:
        mud = smooth((liquid > threshold).astype(float), strength)
        mud = np.where(mud < _THINNEST_MUD, 0, mud)[..., None]
        return images * (1 - mud) + in_channels_of(images, _MUD) * mud
    # A cast to uint8 wraps what is above 255 around.
    water = _shade_water(np.floor(liquid * 255).astype(int) % 256)
    return images + strength * water[..., None] * in_channels_of(images, _WATER)


def _shade_water(liquid):
    """Brightness of the drops, largest 1, from their thickness (N, H, W) in 0 to 255.

    Without any liquid it is 0, where the published code divides 0 by 0; at 32x32 that is rare.
    """
    distance = chamfer_distance(canny_edges(liquid, _CANNY_LOW, _CANNY_HIGH), limit=_FARTHEST)
    # Sums of nine like numbers miss an integer by rounding; the smallest difference is far larger.
    distance = np.floor(_filter(distance, _MEAN) + 1e-6).astype(int)
    relief = np.clip(_filter(equalize(distance), _RELIEF), 0, 255)
    shade = np.rint(_filter(relief, _MEAN))
    water = liquid * shade
    top = water.max(axis=(1, 2), keepdims=True)
    return water / np.where(top > 0, top, 1)


def _filter(layers, kernel):
    return scipy.ndimage.correlate(layers.astype(float), kernel[None].astype(float), mode="mirror")


def equalize(layers) -> np.ndarray:
    """Histogram equalisation of (N, H, W) integers in 0 to 255, each layer by itself.

    The lowest level present becomes 0, the highest 255; a constant layer stays. As OpenCV's
    equalizeHist.
    """
    equalized = np.empty_like(layers)
    for row, layer in enumerate(layers):
        counts = np.bincount(layer.ravel(), minlength=256)
        lowest = counts[np.flatnonzero(counts)[0]]
        rest = layer.size - lowest
        table = np.arange(256)
        if rest:
            table = np.clip(np.rint((counts.cumsum() - lowest) * (255 / rest)), 0, 255).astype(int)
        equalized[row] = table[layer]
    return equalized
