"""The published constants of CIFAR-10-C."""

import pytest

from aaa_tf.corruptions import EXTRA_TYPES, TYPES
from aaa_tf.corruptions.constants import CONSTANTS


def test_nineteen_types_of_five_severities():
    assert len(TYPES) == 19
    assert set(EXTRA_TYPES) < set(TYPES)
    assert len(EXTRA_TYPES) == 4
    assert all(len(constants) == 5 for constants in CONSTANTS.values())


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("gaussian_noise", (0.04, 0.06, 0.08, 0.09, 0.10)),
        ("shot_noise", (500, 250, 100, 75, 50)),
        ("impulse_noise", (0.01, 0.02, 0.03, 0.05, 0.07)),
        ("speckle_noise", (0.06, 0.1, 0.12, 0.16, 0.2)),
        ("gaussian_blur", (0.4, 0.6, 0.7, 0.8, 1)),
        ("contrast", (0.75, 0.5, 0.4, 0.3, 0.15)),
        ("brightness", (0.05, 0.1, 0.15, 0.2, 0.3)),
        ("jpeg_compression", (80, 65, 58, 50, 40)),
        ("pixelate", (0.95, 0.9, 0.85, 0.75, 0.65)),
        ("fog", ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75))),
        ("frost", ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))),
        ("defocus_blur", ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))),
        ("glass_blur", ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2))),
        ("motion_blur", ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))),
        ("zoom_blur", (1.06, 1.11, 1.16, 1.21, 1.26)),
        ("saturate", ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2))),
    ],
)
def test_constants_are_those_for_32x32(name, published):
    """ImageNet-C's begin with 0.08, 60, 0.03, 0.15, 1, 0.4, 0.1, 25, 0.6 and (1.5, 2)."""
    assert CONSTANTS[name] == published
