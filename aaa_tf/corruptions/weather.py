"""Weather of CIFAR-10-C: fog, snow, frost.

    fog(images, (0.2, 3), draws)

Images (N, H, W, C) float64 in [0, 1], C 1 or 3. Where colour enters, a grey image is treated as an
RGB image of three equal channels, and the result is brought back by its luminance.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import numpy as np

from aaa_tf.corruptions import levels
from aaa_tf.corruptions.color import in_channels_of, luminance
from aaa_tf.corruptions.motion import blur_along
from aaa_tf.corruptions.plasma import plasma_fractal
from aaa_tf.corruptions.zoom import clipped_zoom

# Pale blue, as ice on a window is.
_ICE = (0.82, 0.92, 1.0)


def fog(images, constant, draws):
    """Adds a height map and scales back to the image's maximum; `constant`: (thickness, decay).

    For sides that are no power of two the map is cut from the next larger one, as ImageNet-C does.
    """
    thickness, decay = constant
    top = images.max(axis=(1, 2, 3), keepdims=True)
    mist = plasma_fractal(draws, *images.shape[1:3], decay=decay)[..., None]
    return (images + thickness * mist) * top / (top + thickness)


def snow(images, constant, draws):
    """Flakes blurred by their fall, from above and below, over a whitened image.

    `constant`: (mean, deviation, zoom, threshold, radius, sigma, share of the image that stays).
    ImageMagick's motion blur is replaced as `motion` says.
    """
    mean, deviation, zoom, threshold, radius, sigma, share = constant
    flakes = mean + deviation * draws.normal((*images.shape[1:3], 1))
    flakes = clipped_zoom(flakes, zoom)
    flakes = levels.truncate(np.where(flakes < threshold, 0, flakes))
    flakes = blur_along(flakes, radius, sigma, draws.uniform(-135, -45))
    white = np.maximum(images, luminance(images) * 1.5 + 0.5)
    return share * images + (1 - share) * white + flakes + flakes[:, ::-1, ::-1]


def frost(images, constant, draws):
    """Weighted sum of image and frost; `constant` is (weight of the image, weight of the frost).

    The published frost is a random piece of one of five photographs, which are not part of this
    package. Here it is drawn: the ridges of a height map, in pale blue. Accuracies under it do not
    compare with published ones.
    """
    weight, frost_weight = constant
    heights = plasma_fractal(draws, *images.shape[1:3], decay=2)[..., None]
    ridges = (1 - np.abs(2 * heights - 1)) ** 3
    ice = in_channels_of(images, _ICE) * (0.3 + 0.7 * ridges)
    return weight * images + frost_weight * ice
