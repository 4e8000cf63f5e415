"""Common corruptions of images, generated offline: `corrupt(images, "fog", 3)`.

generate      `corrupt`, and which types apply to which images
constants     CIFAR-10-C's, per type and severity
draws         random numbers per image
noise, blur, motion, weather, color, resampling, elastic, spatter   the types
zoom, plasma, edges, levels   what several or difficult ones are made of

NumPy, SciPy and Pillow only.
"""

from aaa_tf.corruptions.constants import EXTRA_TYPES, SEVERITIES, TYPES
from aaa_tf.corruptions.generate import applicable_types, corrupt, undefined_types

__all__ = [
    "EXTRA_TYPES",
    "SEVERITIES",
    "TYPES",
    "applicable_types",
    "corrupt",
    "undefined_types",
]
