"""Noise against its published definitions."""

import numpy as np
import pytest

from aaa_tf.corruptions import corrupt, noise
from aaa_tf.corruptions.levels import truncate
from tests.corruption_inputs import constant_images, draws_of, make_images


def test_gaussian_noise_with_its_own_draws():
    images = make_images(2, (32, 32, 3))
    drawn = draws_of("gaussian_noise", 2, 2, seed=5).normal((32, 32, 3))
    expected = np.floor(np.clip(images.astype(float) + 0.06 * drawn, 0, 1) * 255) / 255
    corrupted = corrupt(images, "gaussian_noise", 2, seed=5)
    np.testing.assert_allclose(corrupted, expected, atol=1e-6)


def test_speckle_noise_with_its_own_draws():
    images = make_images(2, (32, 32, 3))
    drawn = draws_of("speckle_noise", 5, 2).normal((32, 32, 3))
    expected = truncate(images.astype(float) * (1 + 0.2 * drawn))
    # The two ways of writing it differ in the last bit, which a cut to 8 bits can show.
    assert np.abs(corrupt(images, "speckle_noise", 5) - expected).max() < 1.01 / 255
    assert corrupt(np.zeros((1, 8, 8, 1), np.float32), "speckle_noise", 5).max() == 0


def test_shot_noise_counts_photons():
    images = constant_images(0.4, (64, 64, 3))
    noisy = noise.shot_noise(images, 50, draws_of("shot_noise", 5, 1))
    np.testing.assert_allclose(noisy * 50, np.rint(noisy * 50), atol=1e-9)
    assert noisy.mean() == pytest.approx(0.4, abs=0.005)  # 0.0008 is one standard error
    assert noisy.var() == pytest.approx(0.4 / 50, rel=0.1)


def test_impulse_noise_hits_a_share_of_the_values():
    noisy = noise.impulse_noise(constant_images(0.4, (64, 64, 3)), 0.07, draws_of("x", 5, 1))
    shares = [(noisy == value).mean() for value in (0, 0.4, 1)]
    assert shares == pytest.approx([0.035, 0.93, 0.035], abs=0.005)
    assert sum(shares) == 1
