"""Blurs against their published definitions."""

import numpy as np
import pytest

from aaa_tf.corruptions import blur
from aaa_tf.corruptions.levels import truncate
from aaa_tf.corruptions.zoom import clipped_zoom
from tests.corruption_inputs import draws_of, make_images


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


def test_zoom_blur_averages_the_published_number_of_zooms():
    """1 is among the factors, so the image counts twice; 1.06 is too, by rounding."""
    images = make_images(1, (32, 32, 3)).astype(float)
    zooms = [clipped_zoom(images, 1 + i / 100) for i in range(7)]
    expected = (images + sum(zooms)) / 8
    np.testing.assert_allclose(blur.zoom_blur(images, 1.06, None), expected, atol=1e-6)
