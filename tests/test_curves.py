"""Curves of a model whose robustness is known in closed form, and what holds for every model."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.data import Split
from aaa_tf.evaluation.curves import robustness_curves
from tests.mean_pixel_model import make_split_of_means, mean_pixel_logits


@pytest.fixture
def split():
    return make_split_of_means()


def test_closed_form_on_the_mean(split):
    """An image of mean m breaks when eps exceeds |m - 0.5|."""
    lines = []
    curves = robustness_curves(
        mean_pixel_logits, split, eps=0.24, step_size=0.06, num_steps=10, num_restarts=3,
        log=lines.append,
    )  # fmt: skip
    expected = [
        [0.0, 0.9], [0.06, 0.7], [0.12, 0.7], [0.18, 0.5], [0.24, 0.5], [0.36, 0.2], [0.48, 0.0],
        [0.72, 0.0],
    ]  # fmt: skip
    np.testing.assert_allclose(curves["eps"], expected)
    assert [n for n, _ in curves["steps"]] == [0, 1, 2, 5, 10]
    assert curves["steps"][0] == [0, 0.9]
    assert curves["steps"][-1] == [10, 0.5]
    assert curves["restarts"] == [[0, 0.9], [1, 0.5], [2, 0.5], [3, 0.5]]
    assert len(lines) == 3


def test_radii_end_at_the_box_and_at_3_eps_without_one(split):
    shared = dict(step_size=0.1, num_steps=1, num_restarts=1)
    curves = robustness_curves(mean_pixel_logits, split, eps=0.8, **shared)
    assert [x for x, _ in curves["eps"]] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    curves = robustness_curves(mean_pixel_logits, split, eps=1.0, norm="L2", **shared)
    assert [x for x, _ in curves["eps"]][-1] == 3
    assert [n for n, _ in curves["steps"]] == [0, 1]


def test_an_image_broken_at_a_smaller_eps_stays_broken():
    """A model that fails only in a thin shell, which the larger balls step over."""

    def shell(images):
        distance = tf.abs(tf.reduce_mean(images, axis=(1, 2, 3)) - 0.5)
        margin = 0.1 * distance - 1 + 2 * tf.cast(tf.abs(distance - 0.1) < 1e-3, tf.float32)
        return tf.stack([-3 * margin, tf.zeros_like(margin)], axis=1)

    grey = Split(np.full((8, 8, 8, 1), 0.5, np.float32), np.zeros(8, np.int32))
    curves = robustness_curves(shell, grey, eps=0.1, step_size=0.05, num_steps=6, num_restarts=1)
    accuracies = dict(curves["eps"])
    assert accuracies[0.075] == 1
    assert {accuracies[0.1], accuracies[0.2], accuracies[0.3]} == {0}
