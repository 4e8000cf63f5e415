import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms
from aaa_tf.errors import InputError


def test_lengths_in_closed_form():
    vectors = tf.reshape([[3.0, -4.0], [0.0, 0.0]], (2, 1, 2, 1))
    np.testing.assert_allclose(norms.length(vectors, "Linf"), [4, 0])
    np.testing.assert_allclose(norms.length(vectors, "L2"), [5, 0])
    with pytest.raises(InputError, match="known: L2, Linf"):
        norms.length(vectors, "L1")


@pytest.mark.parametrize("norm", norms.NORMS)
def test_steepest_direction_rises_most_and_is_zero_for_zero(norm, rng):
    gradients = rng.normal(size=(5, 4, 4, 2)).astype(np.float32)
    gradients[0] = 0
    direction = norms.steepest_direction(tf.constant(gradients), norm).numpy()
    np.testing.assert_allclose(norms.length(direction, norm), [0, 1, 1, 1, 1], atol=1e-6)
    rise = np.sum(gradients * direction, axis=(1, 2, 3))
    for _ in range(20):
        other = norms.normalize(tf.constant(rng.normal(size=gradients.shape), tf.float32), norm)
        assert np.all(np.sum(gradients * other.numpy(), axis=(1, 2, 3)) <= rise + 1e-4)


@pytest.mark.parametrize("norm", norms.NORMS)
@pytest.mark.parametrize("scale", [1e-13, 1e-25, 1e-33])
def test_a_step_along_a_tiny_gradient_is_whole(norm, scale, rng):
    """As of a confident model; the squares of such entries are zero in float32."""
    gradients = rng.normal(size=(5, 4, 4, 2))
    direction = norms.steepest_direction(tf.constant(gradients * scale, tf.float32), norm)
    expected = norms.steepest_direction(tf.constant(gradients, tf.float32), norm)
    np.testing.assert_allclose(direction, expected, atol=1e-5)


@pytest.mark.parametrize("norm", norms.NORMS)
@pytest.mark.parametrize("eps", [0.1, 0.9])
def test_projection_is_within_both_sets_and_keeps_what_is(norm, eps, rng):
    images = rng.random((6, 4, 4, 1), np.float32)
    candidates = (images + rng.normal(size=images.shape)).astype(np.float32)
    projected = norms.project(candidates, images, eps, norm).numpy()
    assert 0 <= projected.min() <= projected.max() <= 1
    assert np.all(norms.length(projected - images, norm) <= eps + 1e-6)
    np.testing.assert_allclose(norms.project(projected, images, eps, norm), projected, atol=1e-6)


@pytest.mark.parametrize("norm", norms.NORMS)
def test_random_starts_fill_the_ball_and_depend_on_the_row(norm):
    images = tf.fill((40, 4, 4, 1), 0.5)
    key = seeds.fold_in(3, 1)
    start = norms.random_start(images, 0.3, norm, key, tf.range(40))
    lengths = norms.length(start - images, norm).numpy()
    assert lengths.max() <= 0.3 + 1e-6
    assert np.unique(lengths.round(4)).size > 20
    again = norms.random_start(images[:2], 0.3, norm, key, tf.constant([7, 3]))
    np.testing.assert_allclose(again, tf.gather(start, [7, 3]), atol=1e-7)
