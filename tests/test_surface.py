"""The loss surface of a linear model is a plane, known in closed form."""

import json

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.evaluation.surface import loss_surface

WEIGHTS = np.random.default_rng(0).normal(size=(36, 3)).astype(np.float32)
GREY = np.full((6, 6, 1), 0.5, np.float32)


def linear(images):
    return tf.reshape(images, (-1, 36)) @ WEIGHTS


def margin_slope(label):
    """Normal of the margin's plane at the grey image: wrong class minus the true one."""
    logits = GREY.reshape(-1) @ WEIGHTS
    logits[label] = -np.inf
    return WEIGHTS[:, logits.argmax()] - WEIGHTS[:, label]


def test_a_linear_model_gives_a_plane():
    logits = GREY.reshape(-1) @ WEIGHTS
    label = int(logits.argmin())  # far behind, so the same wrong class leads everywhere near
    slope = margin_slope(label)
    surface = loss_surface(linear, GREY, label, eps=0.01, num_points=5)
    radii, loss = np.array(surface["radii"]), np.array(surface["loss"])
    np.testing.assert_allclose(radii, [-0.01, -0.005, 0, 0.005, 0.01], atol=1e-7)
    assert loss.shape == (5, 5)
    assert loss[2, 2] == pytest.approx(logits.max() - logits[label], rel=1e-4)
    np.testing.assert_allclose(np.diff(loss, axis=0), 0.005 * np.abs(slope).sum(), rtol=1e-3)
    along_random = np.diff(loss, axis=1)
    np.testing.assert_allclose(along_random, along_random[0, 0], atol=1e-4)
    assert abs(along_random[0, 0]) < 0.005 * np.abs(slope).sum()


def test_in_l2_both_directions_have_length_1():
    label = int((GREY.reshape(-1) @ WEIGHTS).argmin())
    surface = loss_surface(linear, GREY, label, eps=0.01, norm="L2", num_points=3)
    rises = np.diff(surface["loss"], axis=0)
    np.testing.assert_allclose(rises, 0.01 * np.linalg.norm(margin_slope(label)), rtol=1e-3)

    def squared_distance(images):
        distances = tf.reduce_sum(tf.square(images - GREY), axis=(1, 2, 3))
        return tf.stack([tf.zeros_like(distances), distances], axis=1)

    surface = loss_surface(squared_distance, GREY, 0, eps=0.8, norm="L2", num_points=5)
    expected = np.square(surface["radii"])  # its gradient is 0 at the image: no move along it
    np.testing.assert_allclose(surface["loss"], [expected] * 5, rtol=1e-4)


def test_points_are_clipped_to_pixels():
    """A black image: only pixels whose direction is upwards can move."""
    slope = WEIGHTS[:, 1] - WEIGHTS[:, 0]
    surface = loss_surface(
        lambda x: linear(x)[:, :2], np.zeros_like(GREY), 0, eps=0.5, num_points=3
    )
    loss = np.array(surface["loss"])[:, 1]  # no random move
    expected = [-0.5 * np.abs(slope[slope < 0]).sum(), 0, 0.5 * slope[slope > 0].sum()]
    np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-5)


def test_the_seed_draws_the_random_direction_only():
    surfaces = [loss_surface(linear, GREY, 0, eps=0.1, seed=seed) for seed in (0, 0, 1)]
    assert surfaces[0] == surfaces[1]
    assert surfaces[0] != surfaces[2]
    columns = [np.array(surface["loss"])[:, 10] for surface in surfaces]
    np.testing.assert_array_equal(columns[0], columns[2])
    assert len(json.loads(json.dumps(surfaces[0]))["loss"]) == 21


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_points": 4}, "must be odd"),
        ({"num_points": 1}, "at least 3"),
        ({"eps": 0.0}, "must be above 0"),
        ({"norm": "L1"}, "unknown norm 'L1'"),
        ({"logits_fn": lambda x: linear(tf.round(x))}, "gives no gradient"),
        ({"logits_fn": lambda x: linear(tf.math.log(x - 0.45))}, "not all finite"),
    ],
)
def test_what_has_no_surface_is_refused(changes, message):
    values = {"logits_fn": linear, "image": GREY, "label": 0, "eps": 0.1} | changes
    with pytest.raises(InputError, match=message):
        loss_surface(**values)


def test_a_gradient_of_nan_still_gives_a_surface():
    def with_norm(images):
        return linear(images) + 1e-5 * tf.norm(images, axis=-1)[:, :1, 0]

    image = GREY.copy()
    image[0, 0] = 0
    surface = loss_surface(with_norm, image, 0, eps=0.1)
    assert np.isfinite(surface["loss"]).all()
