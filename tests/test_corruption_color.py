"""Colour, resampling and elastic transform against their published definitions."""

import colorsys
import io

import numpy as np
import PIL.Image
import pytest
import scipy.ndimage

from aaa_tf.corruptions import color, corrupt, elastic
from aaa_tf.corruptions.constants import CONSTANTS
from tests.test_corruptions import GivenDraws, draws_of, make_images

# Colour


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


# Pillow


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1)], ids=str)
def test_jpeg_is_that_of_pillow(shape):
    images = make_images(1, shape)
    pixels = np.rint(images[0] * 255).astype(np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=58)
    expected = np.asarray(PIL.Image.open(file)).reshape(shape)
    found = np.rint(corrupt(images, "jpeg_compression", 3)[0] * 255)
    np.testing.assert_array_equal(found, expected)


def test_pixelate_has_as_many_values_as_small_pixels():
    """At 0.65 a row of 32 pixels passes through int(32 * 0.65) = 20."""
    row = np.arange(32, dtype=np.float32) * 8 / np.float32(255)
    images = np.broadcast_to(row[None, None, :, None], (1, 32, 32, 1))
    pixelated = corrupt(images, "pixelate", 5)[0]
    assert len(np.unique(pixelated[0])) == 20
    assert (pixelated == pixelated[:1]).all()
    assert np.abs(pixelated - images).max() < 16 / 255


# Elastic transform


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
