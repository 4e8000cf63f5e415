"""APGD against the exact boundary of a linear model, and its choice of targets."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.apgd import APGD, TargetedAPGD, _halve_steps, _record, _start, rank_target
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.errors import InputError
from tests.attack_inputs import SHAPE, check_exact_boundary


@pytest.mark.parametrize("norm", norms.NORMS)
def test_targeted_apgd_reaches_the_exact_boundary(linear_problem, norm):
    check_exact_boundary(
        lambda eps: TargetedAPGD(eps=eps, norm=norm, num_targets=3), linear_problem, norm
    )


def test_targets_go_from_the_likeliest_to_the_last_there_is():
    logits = tf.constant([[0.0, 3.0, 1.0], [5.0, -1.0, 2.0], [0.0, 3.0, 1.0]])
    labels = tf.constant([1, 0, 2])  # the last row is misclassified
    ranks = [rank_target(logits, labels, rank).numpy().tolist() for rank in (0, 1, 7)]
    assert ranks == [[2, 2, 1], [0, 1, 0], [0, 1, 0]]


def test_an_attack_that_does_not_apply_is_named():
    images = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    labels = np.argmax(images.reshape(2, 36)[:, :3], axis=1)
    with pytest.raises(InputError, match="targeted_dlr compares 4 logits and the model has 3"):
        run_attacks(
            [TargetedAPGD(eps=0.1)], lambda x: tf.reshape(x, (-1, 36))[:, :3], images, labels
        )


@pytest.mark.parametrize("norm", norms.NORMS)
def test_apgd_on_cross_entropy_reaches_the_boundary_of_two_classes(linear_problem, norm):
    """With more classes the gradient of cross-entropy points elsewhere than to the nearest."""
    _, weights, bias, images, _ = linear_problem
    weights, bias = weights[:, :2], bias[:2]
    logits_fn = lambda x: tf.reshape(x, (-1, 36)) @ weights + bias  # noqa: E731
    labels = np.argmax(logits_fn(images), 1).astype(np.int32)
    problem = logits_fn, weights, bias, images, labels
    check_exact_boundary(lambda eps: APGD(eps=eps, norm=norm), problem, norm)


def begin(values, num_steps, eps=0.3):
    """The state before the first step, with one row for each value."""
    images = tf.reshape(tf.range(len(values), dtype=tf.float32), (-1, 1, 1, 1))

    def evaluate(points):
        return tf.constant(values), tf.zeros(len(values), tf.bool), 0 * points

    return _start(images, evaluate, eps, num_steps)


def step(state, values):
    """The state after a step to points that are called by their number and have these values."""
    points = tf.ones_like(state.current) * (100.0 + tf.cast(state.step, tf.float32))
    is_success = tf.zeros(len(values), tf.bool)
    return _record(state, points, tf.constant(values), is_success, points)


def test_checkpoints_are_the_published_ones():
    """Croce & Hein 2020, section 3.2: p0 = 0, p1 = 0.22, then 0.03 closer, at least 0.06."""
    state, found = begin([0.0], 100), []
    for number in range(1, 101):
        state = step(state, [0.0])
        if state.since_checkpoint == state.period:
            found.append(number)
            state = _halve_steps(state, 100)
    assert found == [22, 41, 57, 70, 80, 87, 93, 99]


def test_the_step_is_halved_where_it_oscillates_or_is_stuck_and_the_best_is_taken_up():
    """Rows that rise always, that rise in half of the steps, and that never do."""
    state = begin([0.0, 0.0, 0.0], 100)
    for number in range(1, 23):
        state = step(state, [float(number), float(number % 2), -1.0])
    state = _halve_steps(state, 100)
    np.testing.assert_allclose(state.step_size, [0.6, 0.3, 0.3])
    # The last point, the first that reached 1, and the start.
    np.testing.assert_array_equal(tf.reshape(state.current, -1), [121.0, 100.0, 2.0])
    for number in range(23, 42):
        state = step(state, [float(number), 1.0 + number, 22.0 - number])
    state = _halve_steps(state, 100)
    np.testing.assert_allclose(state.step_size, [0.6, 0.3, 0.15])
    # Was the step just halved, the same best value is no reason to halve it again (condition 2).
    rising = [0.1 * number for number in range(16)]
    state = state._replace(
        was_halved=tf.constant([False, True, True]),
        best_values=tf.constant([99.0, 99.0, 99.0]),
        values_at_checkpoint=tf.constant([99.0, 99.0, 0.0]),
        values=tf.constant([-1.0] * 3),
    )
    for value in rising:
        state = step(state, [value] * 3)
    state = _halve_steps(state, 100)
    np.testing.assert_allclose(state.step_size, [0.3, 0.3, 0.15])
