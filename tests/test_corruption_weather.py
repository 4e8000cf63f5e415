"""Fog, snow, frost and spatter against their published definitions."""

import numpy as np
import pytest

from aaa_tf.corruptions import spatter, weather
from aaa_tf.corruptions.constants import CONSTANTS
from aaa_tf.corruptions.plasma import plasma_fractal
from tests.test_corruptions import GivenDraws, constant_images, draws_of, make_images

# Weather


def test_plasma_of_side_two_by_hand():
    """Noise of 100 * 100 everywhere: 0 in the corner, 1e4 in the middle, 1.5e4 at the edges."""
    heights = plasma_fractal(GivenDraws(uniform=100.0), 2, 2, decay=3)[0]
    np.testing.assert_allclose(heights, [[0, 1], [1, 2 / 3]])


def test_plasma_point_by_point():
    """Each new point is the mean of its four nearest on the torus, and noise; side 8, decay 2."""
    draws, heights = draws_of("fog", 4, 1), np.zeros((8, 8))
    for half, wibble in ((4, 100), (2, 50), (1, 25)):
        cells = range(0, 8, 2 * half)
        middles = [(row + half, column + half) for row in cells for column in cells]
        tops = [(row, column + half) for row in cells for column in cells]
        sides = [(row + half, column) for row in cells for column in cells]
        crosswise, straight = (
            [(-1, -1), (-1, 1), (1, -1), (1, 1)],
            [(-1, 0), (1, 0), (0, 1), (0, -1)],
        )
        for points, ways in ((middles, crosswise), (tops, straight), (sides, straight)):
            noise = wibble * draws.uniform(-wibble, wibble, (len(cells), len(cells))).ravel()
            for (row, column), extra in zip(points, noise, strict=True):
                near = [heights[(row + half * r) % 8, (column + half * c) % 8] for r, c in ways]
                heights[row, column] = sum(near) / 4 + extra
    expected = (heights - heights.min()) / (heights.max() - heights.min())
    found = plasma_fractal(draws_of("fog", 4, 1), 8, 8, decay=2)[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (9, 13)])
def test_plasma_ranges_over_its_square(height, width):
    heights = plasma_fractal(draws_of("fog", 1, 3), height, width, decay=2)
    assert heights.shape == (3, height, width)
    assert 0 <= heights.min() <= heights.max() <= 1
    if height == width == 8:
        np.testing.assert_array_equal(heights.min(axis=(1, 2)), 0)
        np.testing.assert_array_equal(heights.max(axis=(1, 2)), 1)


def test_fog_keeps_the_maximum_as_its_ceiling():
    images = make_images(2, (16, 16, 3)).astype(float) / 2
    mist = plasma_fractal(draws_of("fog", 5, 2), 16, 16, decay=1.75)[..., None]
    foggy = weather.fog(images, (1.5, 1.75), draws_of("fog", 5, 2))
    np.testing.assert_allclose(foggy, (images + 1.5 * mist) * 0.5 / 2)
    assert foggy.max() <= 0.5 + 1e-12


def test_snow_without_flakes_whitens():
    images = make_images(1, (16, 16, 1)).astype(float)
    whitened = weather.snow(images, CONSTANTS["snow"][0], GivenDraws())
    np.testing.assert_allclose(whitened, 0.95 * images + 0.05 * (1.5 * images + 0.5))


def test_snow_falls_from_above_and_below():
    """Flakes everywhere cover everything; one drawn field gives two, turned by 180 degrees."""
    covered = weather.snow(constant_images(0.0), CONSTANTS["snow"][4], GivenDraws(normal=10))
    np.testing.assert_allclose(covered, 0.2 * 0.5 + 2)
    black = np.zeros((1, 16, 16, 1))
    flakes = weather.snow(black, CONSTANTS["snow"][1], draws_of("snow", 2, 1)) - 0.05
    np.testing.assert_allclose(flakes, flakes[:, ::-1, ::-1], atol=1e-12)
    assert flakes.max() > 0.1


def test_a_flake_leaves_a_streak_below_it():
    """The mean angle is -90 degrees: each pixel reads those above it."""
    images = np.zeros((1, 16, 16, 1))
    flakes = weather.snow(images, CONSTANTS["snow"][0], FieldDraws(flake=(3, 8), value=9)) - 0.025
    streak = flakes[0, :, 8, 0]
    assert (np.diff(streak[3:8]) < 0).all()
    assert streak[4] > 0.05
    # Column 7 holds the same turned by 180 degrees, from row 12 upwards.
    np.testing.assert_allclose(flakes[0, ::-1, 7, 0], streak, atol=1e-12)
    np.testing.assert_allclose(np.delete(flakes[0], (7, 8), axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(streak[:3], 0, atol=1e-12)


class FieldDraws(GivenDraws):
    """Normal draws that are 0 but for one pixel."""

    def __init__(self, flake, value):
        super().__init__()
        self._flake, self._value = flake, value

    def normal(self, shape):
        drawn = super().normal(shape)
        drawn[(0, *self._flake)] = self._value
        return drawn


def test_frost_is_a_weighted_sum():
    images = make_images(1, (16, 16, 3)).astype(float)
    ice = weather.frost(images * 0, (0.75, 0.45), draws_of("frost", 5, 1))
    frozen = weather.frost(images, (0.75, 0.45), draws_of("frost", 5, 1))
    np.testing.assert_allclose(frozen - ice, 0.75 * images)
    assert 0 < ice.min() <= ice.max() <= 0.45
    assert (ice[..., 2] >= ice[..., 0]).all()


# Spatter


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
