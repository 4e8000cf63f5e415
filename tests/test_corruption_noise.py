"""Noise and blurs against their published definitions."""

import numpy as np
import pytest
import scipy.ndimage

from aaa_tf.corruptions import blur, corrupt, motion, noise
from aaa_tf.corruptions.levels import truncate
from aaa_tf.corruptions.zoom import clipped_zoom
from tests.test_corruptions import constant_images, draws_of, make_images

# Noise


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


# Blur


def test_gaussian_blur_of_an_impulse_is_a_gaussian():
    images = np.zeros((1, 21, 21, 1))
    images[0, 10, 10] = 1
    blurred = blur.gaussian_blur(images, 0.8, None)[0, ..., 0]
    profile = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 0.8**2))
    expected = np.outer(profile, profile) / profile.sum() ** 2
    np.testing.assert_allclose(blurred[7:14, 7:14], expected, atol=1e-12)
    assert blurred.sum() == pytest.approx(1)


def test_disk_kernels():
    neighbour = np.exp(-1 / (2 * 0.4**2))
    profile = np.array([0, neighbour, 1, neighbour, 0]) / (1 + 2 * neighbour)
    np.testing.assert_allclose(blur.disk_kernel(0.3, 0.4), np.outer(profile, profile), atol=2e-8)
    cross = blur.disk_kernel(1, 0.01)[1:4, 1:4]
    np.testing.assert_allclose(cross, np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5, atol=2e-8)
    np.testing.assert_allclose(blur.disk_kernel(1.5, 0.01)[2:5, 2:5], np.full((3, 3), 1 / 9),
                               atol=2e-8)  # fmt: skip


def test_defocus_mirrors_the_border_without_repeating_it():
    images = make_images(1, (8, 8, 1)).astype(float)
    kernel = blur.disk_kernel(1.5, 0.1)
    padded = np.pad(images[0, ..., 0], 3, mode="reflect")  # NumPy's name for d c b | a b c d
    windows = np.lib.stride_tricks.sliding_window_view(padded, (7, 7))
    expected = (windows * kernel).sum(axis=(2, 3))
    found = blur.defocus_blur(images, (1.5, 0.1), None)[0, ..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("name", ["defocus_blur", "motion_blur", "zoom_blur", "pixelate"])
@pytest.mark.parametrize("severity", [1, 5])
def test_even_areas_keep_their_level(name, severity):
    levels = np.arange(256, dtype=np.float32).reshape(-1, 1, 1, 1) / np.float32(255)
    images = np.broadcast_to(levels, (256, 8, 8, 1))
    corrupted = corrupt(images, name, severity)
    worst = 1.01 / 255 if name == "zoom_blur" else 0  # a mean of many zooms ends a bit below
    assert np.abs(corrupted - images).max() <= worst


def test_glass_blur_is_what_the_loop_through_views_does():
    """The published loop, whose exchange of views copies: without the blurs, on one image."""
    images = make_images(1, (12, 10, 3)).astype(float)
    shift = draws_of("glass_blur", 1, 1).integers(-1, 1, (2, 10, 8))[0]
    expected = images[0].copy()
    for row in range(11, 1, -1):
        for column in range(9, 1, -1):
            down, right = shift[:, row - 2, column - 2]
            here, there = (row, column), (row + down, column + right)
            expected[here], expected[there] = expected[there], expected[here]
    found = blur.glass_blur(images, (0.05, 1, 1), draws_of("glass_blur", 1, 1))
    np.testing.assert_allclose(found[0], truncate(expected), atol=1e-12)
    assert not np.array_equal(found[0], images[0])


def test_motion_blur_lays_half_a_gaussian_along_the_angle():
    images = np.zeros((2, 15, 15, 1))
    images[:, 7, 7] = 1
    right, down = motion.blur_along(images, 6, 1.5, np.array([0.0, 90.0]))[..., 0]
    weights = np.exp(-(np.arange(13) ** 2) / (2 * 1.5**2))
    weights = np.rint(weights / weights.sum() * 255) / 255
    np.testing.assert_allclose(right[7, 7::-1], weights[:8], atol=1e-12)  # read from the right
    np.testing.assert_allclose(down[7::-1, 7], weights[:8], atol=1e-12)  # read from below
    assert right[:7].max() == right[8:].max() == right[7, 8:].max() == 0


def test_motion_blur_repeats_the_border():
    images = np.zeros((1, 9, 9, 1))
    images[0, :, -1] = 1
    blurred = motion.blur_along(images, 6, 2, np.array([0.0]))[0, 0, :, 0]
    assert blurred[-1] == 1
    assert (np.diff(blurred) >= 0).all()


@pytest.mark.parametrize("factor", [1, 1.01, 1.25, 1.75, 2.25])
def test_zoom_is_that_of_scipy(factor):
    image = make_images(1, (32, 32, 3))[0].astype(float)
    kept = int(np.ceil(32 / factor))
    first = (32 - kept) // 2
    middle = image[first : first + kept, first : first + kept]
    zoomed = scipy.ndimage.zoom(middle, (factor, factor, 1), order=1)
    over = (zoomed.shape[0] - 32) // 2
    expected = zoomed[over : over + 32, over : over + 32]
    np.testing.assert_allclose(clipped_zoom(image[None], factor)[0], expected, atol=1e-12)


def test_zoom_blur_averages_the_published_number_of_zooms():
    """1 is among the factors, so the image counts twice; 1.06 is too, by rounding."""
    images = make_images(1, (32, 32, 3)).astype(float)
    zooms = [clipped_zoom(images, 1 + i / 100) for i in range(7)]
    expected = (images + sum(zooms)) / 8
    np.testing.assert_allclose(blur.zoom_blur(images, 1.06, None), expected, atol=1e-6)
