"""Faults of attacks, planted in models of one number."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.evaluation import check_attacks
from tests.check_subjects import make_subject, train
from tests.conftest import make_split


def test_small_steps_are_caught_by_a_bump_that_large_ones_jump():
    """A peak at 0.2 eps, a valley at 0.6 eps, success beyond 0.8 eps."""

    def bump(d):
        beyond = tf.where(d < 0.6, -0.5 - 1.25 * (d - 0.2), -1 + 5 * (d - 0.6))
        return tf.where(d < 0.2, -1 + 2.5 * d, beyond)

    is_raised, found = check_attacks.measure_steps(make_subject(bump))
    assert is_raised
    assert "2 steps: 40, 10 steps: 0, 50 steps: 0; at most 40" in found
    is_raised, found = check_attacks.measure_steps(make_subject(lambda d: 5 * (d - 0.8)))
    assert not is_raised
    assert "2 steps: 40, 10 steps: 40, 50 steps: 40; at most 0" in found


def test_a_thin_shell_is_lost_by_the_larger_ball():
    """Success only within 1 % of 0.5 eps, which the ball of that radius reaches exactly."""

    def shell(d):
        return -1 + 0.1 * d + 2 * tf.cast(tf.abs(d - 0.5) < 0.005, tf.float32)

    is_raised, found = check_attacks.measure_larger_eps(make_subject(shell))
    assert is_raised
    assert "eps 0.1: 40" in found
    assert not check_attacks.measure_larger_eps(make_subject(lambda d: d - 1.5))[0]


def test_one_image_missed_is_luck_and_two_are_not():
    subject = make_subject(lambda d: d - 1)
    assert not check_attacks._judge([1], subject)
    assert check_attacks._judge([2], subject)
    many = make_subject(lambda d: d - 1, num_images=200)
    assert not check_attacks._judge([4], many)
    assert check_attacks._judge([5], many)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_source_with_large_logits_is_a_source_still(scale):
    """Its cross-entropy has no slope where it is sure; its margin has."""
    honest, split = train(0), make_split(40, 3)
    slope = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)

    def masked(x):
        return honest(tf.stop_gradient(x)) + 1e-3 * tf.reshape(x, (-1, 64)) @ slope

    labels = np.argmax(masked(split.images), axis=1).astype(np.int32)
    subject = make_subject(
        None, logits_fn=masked, images=split.images, labels=labels, eps=0.3,
        transfer_source=lambda x: scale * honest(x),
    )  # fmt: skip
    is_raised, found = check_attacks.measure_transfer(subject)
    assert is_raised, found
