"""Corrupts images with the nineteen types of CIFAR-10-C (Hendrycks & Dietterich 2019), offline.

    corrupted = corrupt(images, "motion_blur", 3, seed=0)
    for type_name in applicable_types(images.shape[1:]): ...

As the published set was made: images go in at 8 bits, results are cut down to 8 bits, and constants
are those for 32x32, in pixels, whatever the size of the image. The random numbers are others than
the published ones, so images agree in distribution, not one by one; frost is a substitute. Each
type's module says where a replaced library function can differ.
"""

import numpy as np

from aaa_tf.corruptions import (
    blur,
    color,
    elastic,
    levels,
    motion,
    noise,
    resampling,
    spatter,
    weather,
)
from aaa_tf.corruptions.constants import CONSTANTS, SEVERITIES, TYPES
from aaa_tf.corruptions.draws import Draws
from aaa_tf.errors import InputError, require_known

_FUNCTIONS = {
    "gaussian_noise": noise.gaussian_noise,
    "shot_noise": noise.shot_noise,
    "impulse_noise": noise.impulse_noise,
    "defocus_blur": blur.defocus_blur,
    "glass_blur": blur.glass_blur,
    "motion_blur": motion.motion_blur,
    "zoom_blur": blur.zoom_blur,
    "snow": weather.snow,
    "frost": weather.frost,
    "fog": weather.fog,
    "brightness": color.brightness,
    "contrast": color.contrast,
    "elastic_transform": elastic.elastic_transform,
    "pixelate": resampling.pixelate,
    "jpeg_compression": resampling.jpeg_compression,
    "speckle_noise": noise.speckle_noise,
    "gaussian_blur": blur.gaussian_blur,
    "spatter": spatter.spatter,
    "saturate": color.saturate,
}
# Images at a time: bounds the memory of float64 copies, and keeps them in the processor's cache.
_CHUNK = 128


def corrupt(images, type_name: str, severity: int, *, seed: int = 0, first_index: int = 0):
    """Corrupts images.

    Args:
        images: (N, H, W, C) float in [0, 1], C 1 or 3, sides of at least 8 pixels.
        type_name: one of TYPES.
        severity: 1 to 5.
        seed: 0 or above; the draws of an image are a function of (seed, type, severity, index).
        first_index: index of the first image, when `images` is a part of a data set.

    Returns:
        (N, H, W, C) float32 in [0, 1], multiples of 1/255.

    Raises:
        InputError: unknown type or severity, a type that is undefined for such images, images out
            of range.
    """
    images = np.asarray(images)
    _check(images, type_name, severity, seed)
    constant = CONSTANTS[type_name][severity - 1]
    corrupted = np.empty(images.shape, np.float32)
    for first in range(0, len(images), _CHUNK):
        part = images[first : first + _CHUNK].astype(np.float64)
        start = first_index + first
        draws = Draws(
            seed=seed,
            type_name=type_name,
            severity=severity,
            indices=range(start, start + len(part)),
        )
        result = _FUNCTIONS[type_name](levels.nearest(part), constant, draws)
        corrupted[first : first + _CHUNK] = levels.truncate(result)
    return corrupted


def applicable_types(image_shape) -> tuple[str, ...]:
    """The types that are defined for images of shape (H, W, C).

    Raises:
        InputError: if none is.
    """
    return tuple(name for name in TYPES if name not in undefined_types(image_shape))


def undefined_types(image_shape) -> dict[str, str]:
    """Type -> why it is undefined for images of shape (H, W, C).

    Raises:
        InputError: if no type is defined: other than 1 or 3 channels, or a side below 8.
    """
    height, width, channels = image_shape
    if channels not in (1, 3):
        raise InputError(f"images of {channels} channels cannot be corrupted; needed: 1 or 3")
    if min(height, width) < 8:
        raise InputError(f"images of {height}x{width} are too small; needed: at least 8x8")
    return {"saturate": "grey has no hue to saturate"} if channels == 1 else {}


def _check(images, type_name, severity, seed):
    require_known("corruption", type_name, TYPES)
    if severity not in SEVERITIES:
        raise InputError(f"severity must be 1 to 5, not {severity}")
    if seed < 0:
        raise InputError(f"the seed of corruptions must be 0 or above, not {seed}")
    if images.ndim != 4 or not np.issubdtype(images.dtype, np.floating):
        raise InputError(
            f"images of shape {images.shape} and type {images.dtype} cannot be corrupted; "
            "needed: (N, height, width, channels), float in [0, 1]"
        )
    reason = undefined_types(images.shape[1:]).get(type_name)
    if reason:
        raise InputError(f"{type_name} is undefined for images of one channel: {reason}")
    if not ((images >= 0) & (images <= 1)).all():  # NaN is neither
        raise InputError("images to corrupt must be finite and lie in [0, 1]")
