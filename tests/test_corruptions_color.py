"""Contrast, brightness and saturation against their published definitions."""

import colorsys

import numpy as np
import pytest

from aaa_tf.corruptions import color
from aaa_tf.corruptions.constants import CONSTANTS
from tests.corruption_inputs import make_images


def by_hsv(images, change):
    pixels = [colorsys.hsv_to_rgb(*change(*colorsys.rgb_to_hsv(*p))) for p in images.reshape(-1, 3)]
    return np.array(pixels).reshape(images.shape)


@pytest.fixture
def colors():
    """All combinations of five levels: black, greys and full colours are among them."""
    levels = np.array([0, 51, 128, 200, 255]) / 255
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, 5, 25, 3)


@pytest.mark.parametrize("amount", CONSTANTS["brightness"])
def test_brightness_is_the_value_of_hsv(colors, amount):
    expected = by_hsv(colors, lambda h, s, v: (h, s, min(v + amount, 1)))
    np.testing.assert_allclose(color.brightness(colors, amount, None), expected, atol=1e-12)


@pytest.mark.parametrize("constant", CONSTANTS["saturate"])
def test_saturate_is_the_saturation_of_hsv(colors, constant):
    factor, added = constant
    expected = by_hsv(colors, lambda h, s, v: (h, min(s * factor + added, 1), v))
    np.testing.assert_allclose(color.saturate(colors, constant, None), expected, atol=1e-12)


def test_grey_brightness_adds_and_contrast_keeps_means():
    images = make_images(2, (16, 16, 1)).astype(float)
    np.testing.assert_allclose(
        color.brightness(images, 0.3, None), np.minimum(images + 0.3, 1), atol=1e-12
    )
    images = make_images(2, (16, 16, 3)).astype(float)
    flat = color.contrast(images, 0.15, None)
    np.testing.assert_allclose(flat.mean(axis=(1, 2)), images.mean(axis=(1, 2)))
    np.testing.assert_allclose(flat.std(axis=(1, 2)), 0.15 * images.std(axis=(1, 2)))
