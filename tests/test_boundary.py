"""The shortest way to a hyperplane inside the box of pixels."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.boundary import project_on_hyperplane


@pytest.mark.parametrize("norm", norms.NORMS)
def test_hyperplane_projection_reaches_it_shortest_inside_the_box(rng, norm):
    points = rng.random((50, 3, 3, 1)).astype(np.float32)
    slope = rng.normal(size=points.shape).astype(np.float32)
    target = rng.random(points.shape).astype(np.float32)  # a point of the plane inside the box
    offset = (slope * target).sum(axis=(1, 2, 3))
    move = project_on_hyperplane(points, slope, offset, norm).numpy()
    assert (points + move).min() >= -1e-6
    assert (points + move).max() <= 1 + 1e-6
    np.testing.assert_allclose((slope * (points + move)).sum(axis=(1, 2, 3)), offset, atol=1e-4)
    lengths = norms.length(tf.constant(move), norm).numpy()
    assert np.all(lengths <= norms.length(tf.constant(target - points), norm).numpy() + 1e-5)
    # No other point of plane and box is nearer: random moves along the plane, kept if in the box.
    for _ in range(200):
        step = rng.normal(size=points.shape) * 0.05
        along = (
            step
            - slope
            * ((slope * step).sum((1, 2, 3)) / (slope**2).sum((1, 2, 3)))[:, None, None, None]
        )
        other = (move + along).astype(np.float32)
        inside = ((points + other >= 0) & (points + other <= 1)).all(axis=(1, 2, 3))
        assert np.all(norms.length(tf.constant(other), norm).numpy()[inside]
                      >= lengths[inside] - 1e-5)  # fmt: skip


def test_an_unreachable_plane_is_approached_as_far_as_the_box_goes():
    points, slope = np.full((1, 2, 2, 1), 0.25, np.float32), np.ones((1, 2, 2, 1), np.float32)
    move = project_on_hyperplane(points, slope, np.array([100.0], np.float32), "Linf")
    np.testing.assert_allclose(points + move, np.ones_like(points), atol=1e-6)
