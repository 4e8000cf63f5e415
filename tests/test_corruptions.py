"""What holds for every corruption: range, seeds, shapes, severities, and what is refused."""

import numpy as np
import pytest
import scipy.ndimage

from aaa_tf.corruptions import (
    EXTRA_TYPES,
    SEVERITIES,
    TYPES,
    applicable_types,
    corrupt,
    undefined_types,
)
from aaa_tf.corruptions.constants import CONSTANTS
from aaa_tf.corruptions.draws import Draws
from aaa_tf.errors import InputError

SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (9, 13, 3)]


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


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_type_on_any_shape(name, shape):
    if name in undefined_types(shape):
        pytest.skip(f"{name} is undefined for one channel")
    images = make_images(3, shape)
    before = images.copy()
    for severity in (1, 3, 5):
        corrupted = corrupt(images, name, severity, seed=7)
        assert corrupted.shape == images.shape
        assert corrupted.dtype == np.float32
        assert 0 <= corrupted.min() <= corrupted.max() <= 1
        levels = corrupted * np.float32(255)
        np.testing.assert_allclose(levels, np.rint(levels), atol=1e-4)
    np.testing.assert_array_equal(images, before)
    # Mud on 8x8 pixels can fail to appear at all.
    assert name == "spatter" or not np.array_equal(corrupted, images)


@pytest.mark.parametrize("name", TYPES)
def test_an_image_does_not_depend_on_its_batch(name):
    images = make_images(5, (16, 16, 3))
    whole = corrupt(images, name, 4, seed=3)
    np.testing.assert_array_equal(corrupt(images, name, 4, seed=3), whole)
    parts = [
        corrupt(images[:2], name, 4, seed=3),
        corrupt(images[2:], name, 4, seed=3, first_index=2),
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_images_go_in_at_8_bits():
    images = np.full((1, 8, 8, 1), 127.7 / 255, np.float32)
    np.testing.assert_array_equal(corrupt(images, "contrast", 1), np.float32(128 / 255))


def test_many_images_are_as_few():
    """More than are worked on at a time."""
    images = make_images(130, (8, 8, 1))
    whole = corrupt(images, "gaussian_noise", 1)
    last = corrupt(images[127:], "gaussian_noise", 1, first_index=127)
    np.testing.assert_array_equal(whole[127:], last)
    assert corrupt(images[:0], "fog", 1).shape == (0, 8, 8, 1)


WITHOUT_DRAWS = {
    "defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression",
    "gaussian_blur", "saturate",
}  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_draws_follow_seed_and_image(name):
    images = np.repeat(make_images(1, (16, 16, 3)), 4, axis=0)
    first, other = corrupt(images, name, 3, seed=0), corrupt(images, name, 3, seed=1)
    is_same = name in WITHOUT_DRAWS
    assert np.array_equal(first, other) == is_same
    assert np.array_equal(first[0], first[1]) == is_same


def test_draws_follow_type_and_severity():
    """With the same numbers the second would be 1.5 times the first."""
    images = np.full((1, 16, 16, 1), 0.5, np.float32)
    first, second = (corrupt(images, "gaussian_noise", severity) - 0.5 for severity in (1, 2))
    third = corrupt(images, "speckle_noise", 1) - 0.5
    for other in (second, third):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.3


@pytest.mark.parametrize(
    "name",
    ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "gaussian_blur",
     "defocus_blur", "motion_blur", "zoom_blur", "fog", "brightness", "contrast",
     "jpeg_compression"],
)  # fmt: skip
def test_severity_increases_the_distortion(name):
    """By their constants the others need not: snow, frost, glass, spatter, saturate, elastic."""
    images = make_images(8, (32, 32, 3))
    distances = [np.abs(corrupt(images, name, level) - images).mean() for level in SEVERITIES]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_what_applies_to_which_images():
    assert applicable_types((32, 32, 3)) == TYPES
    assert set(TYPES) - set(applicable_types((28, 28, 1))) == {"saturate"}
    assert "grey" in undefined_types((28, 28, 1))["saturate"]


GREY = np.full((1, 8, 8, 1), 0.5, np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((GREY, "sepia", 1), "unknown corruption 'sepia'; known: brightness"),
        ((GREY, "fog", 0), "severity must be 1 to 5, not 0"),
        ((GREY, "fog", 6), "severity must be 1 to 5, not 6"),
        ((GREY, "saturate", 1), "saturate is undefined for images of one channel: grey"),
        ((np.repeat(GREY, 4, axis=-1), "fog", 1), "4 channels cannot be corrupted"),
        ((GREY[:, :7], "fog", 1), "7x8 are too small; needed: at least 8x8"),
        ((GREY[0], "fog", 1), r"shape \(8, 8, 1\)"),
        (((GREY * 255).astype(np.uint8), "fog", 1), "uint8 cannot be corrupted; needed"),
        ((GREY + 1, "fog", 1), r"must be finite and lie in \[0, 1\]"),
        ((GREY * np.nan, "fog", 1), "must be finite"),
    ],
)
def test_what_cannot_be_corrupted(arguments, message):
    with pytest.raises(InputError, match=message):
        corrupt(*arguments)


def test_negative_seed():
    with pytest.raises(InputError, match="0 or above, not -1"):
        corrupt(GREY, "fog", 1, seed=-1)
