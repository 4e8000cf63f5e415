"""Spatter against its published definition."""

import numpy as np

from aaa_tf.corruptions import spatter
from aaa_tf.corruptions.constants import CONSTANTS
from tests.corruption_inputs import FieldDraws, GivenDraws, constant_images, make_images


def test_spatter_without_liquid_changes_nothing():
    images = make_images(1, (16, 16, 3)).astype(float)
    for constant in (CONSTANTS["spatter"][0], CONSTANTS["spatter"][4]):
        np.testing.assert_array_equal(spatter.spatter(images, constant, GivenDraws()), images)


def test_spatter_everywhere():
    images = constant_images(0.2, (16, 16, 3))
    mud = spatter.spatter(images, CONSTANTS["spatter"][3], GivenDraws(normal=1))
    np.testing.assert_allclose(mud[0, 5, 5], np.array([63, 42, 20]) / 255)
    water = spatter.spatter(images, CONSTANTS["spatter"][0], GivenDraws(normal=1))
    np.testing.assert_allclose(water[0, 5, 5], 0.2 + 0.5 * np.array([175, 238, 238]) / 255)
    grey = spatter.spatter(images[..., :1], CONSTANTS["spatter"][3], GivenDraws(normal=1))
    np.testing.assert_allclose(grey, (0.299 * 63 + 0.587 * 42 + 0.114 * 20) / 255)


def test_mud_of_one_pixel_is_too_thin():
    images = make_images(1, (16, 16, 3)).astype(float)
    draws = FieldDraws(flake=(8, 8), value=1.9)  # 0.65 + 0.19 * 0.32 is above 0.69, beside it not
    np.testing.assert_array_equal(spatter.spatter(images, CONSTANTS["spatter"][3], draws), images)


def test_water_is_lit_from_one_side():
    """The filter and its direction: a point lights what is up and left of it most."""
    impulse = np.zeros((1, 5, 5))
    impulse[0, 2, 2] = 1
    lit = spatter._filter(impulse, spatter._RELIEF)[0, 1:4, 1:4]
    np.testing.assert_array_equal(lit, [[2, 1, 0], [1, 1, -1], [0, -1, -2]])


def test_histogram_equalisation_by_hand():
    layers = np.array([[[10, 10, 20, 30]], [[7, 7, 7, 7]]])
    # Half the pixels are the lowest level: the two others rise to 1/2 and 1 of 255.
    np.testing.assert_array_equal(spatter.equalize(layers), [[[0, 0, 128, 255]], [[7, 7, 7, 7]]])
