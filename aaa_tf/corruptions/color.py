"""Contrast, brightness and saturation of CIFAR-10-C, and what a grey image is among colours.

    brightness(images, 0.1, draws)

Images (N, H, W, C) float64 in [0, 1]. The published code goes to HSV and back with scikit-image.
With hue and one of the other two fixed, the result has a closed form in RGB, which is used here; it
is the same but for rounding.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import numpy as np

# Shares of red, green and blue in luminance (ITU-R BT.601), as OpenCV's and Pillow's grey has them.
_LUMINANCE = (0.299, 0.587, 0.114)


def luminance(images):
    """Luminance of RGB, (N, H, W, 1); a grey image is its own."""
    return images if images.shape[-1] == 1 else images @ np.array(_LUMINANCE)[:, None]


def in_channels_of(images, color):
    """An RGB colour as (3,) for colour images, its luminance as (1,) for grey ones."""
    return np.array(color) if images.shape[-1] == 3 else np.array([np.dot(color, _LUMINANCE)])


def contrast(images, factor, draws):
    """Brings each pixel nearer to the mean of its channel."""
    del draws
    means = images.mean(axis=(1, 2), keepdims=True)
    return (images - means) * factor + means


def brightness(images, amount, draws):
    """Raises the value of HSV, the largest channel, by `amount`, at most to 1.

    Hue and saturation stay, so all channels grow by the same factor; black becomes grey.
    """
    del draws
    value = images.max(axis=-1, keepdims=True)
    raised = np.minimum(value + amount, 1)
    return raised * (1 - (value - images) / np.where(value > 0, value, 1))


def saturate(images, constant, draws):
    """Changes the saturation of HSV; `constant` is (factor, what is added). Needs three channels.

    Value and hue stay, so each channel's distance to the largest one is scaled. A grey pixel has no
    hue; scikit-image gives it that of red, so green and blue fall.
    """
    del draws
    factor, added = constant
    value = images.max(axis=-1, keepdims=True)
    distance = value - images
    span = distance.max(axis=-1, keepdims=True)
    saturation = span / np.where(value > 0, value, 1)
    changed = np.clip(saturation * factor + added, 0, 1)
    share = np.where(span > 0, distance / np.where(span > 0, span, 1), np.array([0.0, 1.0, 1.0]))
    return value * (1 - changed * share)
