"""Fog, snow and frost against their published definitions."""

import numpy as np

from aaa_tf.corruptions import weather
from aaa_tf.corruptions.constants import CONSTANTS
from aaa_tf.corruptions.plasma import plasma_fractal
from tests.corruption_inputs import FieldDraws, GivenDraws, constant_images, draws_of, make_images


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


def test_frost_is_a_weighted_sum():
    images = make_images(1, (16, 16, 3)).astype(float)
    ice = weather.frost(images * 0, (0.75, 0.45), draws_of("frost", 5, 1))
    frozen = weather.frost(images, (0.75, 0.45), draws_of("frost", 5, 1))
    np.testing.assert_allclose(frozen - ice, 0.75 * images)
    assert 0 < ice.min() <= ice.max() <= 0.45
    assert (ice[..., 2] >= ice[..., 0]).all()
