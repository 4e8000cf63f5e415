"""The elastic transform against its published definition."""

import numpy as np
import pytest
import scipy.ndimage

from aaa_tf.corruptions import elastic
from tests.corruption_inputs import GivenDraws, draws_of, make_images


def test_elastic_without_draws_is_the_identity():
    images = make_images(2, (9, 13, 3)).astype(float)
    found = elastic.elastic_transform(images, (0.08, 0.06, 0.06), GivenDraws(count=2))
    np.testing.assert_allclose(found, images, atol=1e-12)


def test_elastic_moves_the_image_with_its_corners():
    """All three points go one pixel right and down; severity 1 displaces nothing further."""
    images = make_images(1, (16, 16, 3)).astype(float)
    found = elastic.elastic_transform(images, (0, 0, 0.08), GivenDraws(uniform=1.0))
    np.testing.assert_allclose(found[:, 1:, 1:], images[:, :-1, :-1], atol=1e-12)
    np.testing.assert_allclose(found[:, 0, 1:], images[:, 1, :-1], atol=1e-12)  # mirrored


def test_elastic_displacement_looks_up_beside():
    """A constant field of 0.25 sides: each pixel comes from 2 of 8 pixels right and below."""
    draws = GivenDraws(uniform=1.0)
    images = make_images(1, (8, 8, 1)).astype(float)
    found = elastic.elastic_transform(images, (0.25, 0.1, 0), draws)
    moved = elastic.elastic_transform(images, (0, 0, 0), draws)
    np.testing.assert_allclose(found[:, :6, :6], moved[:, 2:, 2:], atol=1e-12)


def test_elastic_looks_up_in_steps_of_a_32nd():
    images = make_images(1, (16, 16, 1)).astype(float)
    for move, step in ((0.01, 0), (0.02, 1)):
        found = elastic.elastic_transform(images, (0, 0, 0.08), GivenDraws(uniform=move))
        expected = images[:, 1:, 1:] * (1 - step / 32) ** 2
        expected += images[:, :-1, :-1] * (step / 32) ** 2
        expected += (images[:, 1:, :-1] + images[:, :-1, 1:]) * (1 - step / 32) * step / 32
        np.testing.assert_allclose(found[:, 1:, 1:], expected, atol=1e-12)


def test_elastic_field_is_smooth_noise():
    """The published formula of the displacements, without the affine map before it."""
    images = make_images(1, (32, 32, 1)).astype(float)
    draws, again = (draws_of("elastic_transform", 3, 1) for _ in range(2))
    found = elastic.elastic_transform(images, (0.08, 0.06, 0), draws)[0, ..., 0]
    again.uniform(0, 0, (3, 2))
    right, down = again.uniform(-1, 1, (2, 32, 32))[0]
    right, down = (
        scipy.ndimage.gaussian_filter(field, 32 * 0.06, mode="reflect", truncate=3) * 32 * 0.08
        for field in (right, down)
    )
    rows, columns = np.mgrid[:32, :32]
    expected = scipy.ndimage.map_coordinates(
        images[0, ..., 0], [rows + down, columns + right], order=1, mode="reflect"
    )
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.abs(found - images[0, ..., 0]).max() > 0.01


@pytest.mark.parametrize("border", ["mirror", "reflect"])
def test_bilinear_lookup_is_that_of_scipy(border):
    images = make_images(1, (9, 13, 3)).astype(float)
    rng = np.random.default_rng(0)
    rows, columns = rng.uniform(-8, 16, (1, 9, 13)), rng.uniform(-12, 24, (1, 9, 13))
    found = elastic.bilinear(images, rows, columns, border=border)
    for channel in range(3):
        expected = scipy.ndimage.map_coordinates(
            images[0, ..., channel], [rows[0], columns[0]], order=1, mode=border
        )
        np.testing.assert_allclose(found[0, ..., channel], expected, atol=1e-12)
