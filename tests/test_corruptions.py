"""What holds for every corruption: range, seeds, shapes, severities."""

import numpy as np
import pytest

from aaa_tf.corruptions import (
    SEVERITIES,
    TYPES,
    corrupt,
    undefined_types,
)
from tests.corruption_inputs import make_images

SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (9, 13, 3)]


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for shape in SHAPES for name in TYPES if name not in undefined_types(shape)],
    ids=str,
)
def test_any_type_on_any_shape_that_it_is_defined_for(name, shape):
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


@pytest.mark.parametrize("name", ["defocus_blur", "motion_blur", "zoom_blur", "pixelate"])
@pytest.mark.parametrize("severity", [1, 5])
def test_even_areas_keep_their_level(name, severity):
    levels = np.arange(256, dtype=np.float32).reshape(-1, 1, 1, 1) / np.float32(255)
    images = np.broadcast_to(levels, (256, 8, 8, 1))
    corrupted = corrupt(images, name, severity)
    worst = 1.01 / 255 if name == "zoom_blur" else 0  # a mean of many zooms ends a bit below
    assert np.abs(corrupted - images).max() <= worst
