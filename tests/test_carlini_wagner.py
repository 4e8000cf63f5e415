"""One test for each fault of CleverHans' CW-L2, and the paper's mode."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms, objectives
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2, papers_mode
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.errors import InputError
from aaa_tf.models.frozen import freeze_keras
from tests.attack_inputs import distances_found, exact_distances
from tests.conftest import build_tiny_classifier

QUICK = {"eps": 10.0, "num_steps": 120, "learning_rate": 0.02, "num_search_steps": 6}


def make_problem(image_shape, count=5):
    logits_fn = freeze_keras("f", build_tiny_classifier(image_shape=image_shape)).logits_fn
    images = np.random.default_rng(2).random((count, *image_shape), np.float32)
    return logits_fn, images, np.argmax(logits_fn(images), axis=1).astype(np.int32)


def test_colour_images(rng):
    """There `const` has the shape of an image, and colour crashes."""
    logits_fn, images, labels = make_problem((8, 8, 3))
    found = CarliniWagnerL2(**QUICK)(logits_fn, images, labels)
    assert np.all(np.argmax(logits_fn(found), axis=1) != labels)


def test_each_example_has_its_own_constant():
    """There the sum over pixels multiplies c. Here company does not change what a row finds."""
    logits_fn, images, labels = make_problem((8, 8, 1))
    attack = CarliniWagnerL2(**QUICK, abort_early=False)
    together = attack(logits_fn, images, labels)
    alone = [attack(logits_fn, images[i : i + 1], labels[i : i + 1])[0] for i in range(5)]
    lengths = [norms.length(tf.constant(x - images), "L2") for x in (together, np.array(alone))]
    np.testing.assert_allclose(*lengths, rtol=0.02)


@pytest.mark.parametrize("confidence", [0.0, 0.5])
def test_the_wrong_logit_leads_by_the_confidence(confidence):
    """There `confidence` has no effect."""
    logits_fn, images, labels = make_problem((8, 8, 1))
    attack = CarliniWagnerL2(**QUICK, confidence=confidence)
    lead = objectives.margin(logits_fn(attack(logits_fn, images, labels)), labels).numpy()
    assert np.all(lead > confidence)
    assert np.all(lead < confidence + 0.3)  # and by no more than it must


def test_binary_search_follows_this_steps_success():
    """There a success with a large constant counts for all smaller ones tried afterwards.

    After a success with c = 100 the search must go down, fail at constants too small, and come up
    again: more search steps then find nearer images, down to the distance of the best constant.
    """
    logits_fn, images, labels = make_problem((8, 8, 1))
    lengths = []
    for num_search_steps in (1, 4, 10):
        attack = CarliniWagnerL2(
            **QUICK | {"num_search_steps": num_search_steps}, initial_constant=100.0
        )
        found = attack(logits_fn, images, labels)
        assert np.all(np.argmax(logits_fn(found), axis=1) != labels)
        lengths.append(norms.length(tf.constant(found - images), "L2").numpy())
    assert np.all(lengths[1] <= lengths[0] + 1e-6)
    assert np.all(lengths[2] <= lengths[1] + 1e-6)
    from_below = CarliniWagnerL2(**QUICK | {"num_search_steps": 10}, initial_constant=1e-2)
    found = from_below(logits_fn, images, labels)
    np.testing.assert_allclose(
        lengths[2], norms.length(tf.constant(found - images), "L2"), atol=0.01
    )


def minimize(attack, logits_fn, images, labels):
    """The search as a graph; eagerly it would take a minute."""
    return tf.function(lambda x, y: attack.minimize(logits_fn, x, y))(images, labels)


def test_early_abort_stops_rows_and_costs_less():
    logits_fn, images, labels = make_problem((8, 8, 1))
    arguments = tf.constant(images), tf.constant(labels)
    costs, lengths = [], []
    for abort_early in (False, True):
        attack = CarliniWagnerL2(**QUICK | {"num_steps": 400}, abort_early=abort_early)
        found, num_gradients, _ = minimize(attack, logits_fn, *arguments)
        costs.append(int(num_gradients))
        lengths.append(norms.length(found - images, "L2"))
    assert costs[0] == 400 * 6
    assert costs[1] < costs[0]
    np.testing.assert_allclose(lengths[1], lengths[0], rtol=0.1)


@pytest.mark.parametrize("share_broken", [0.0, 0.5, 1.0])
def test_rows_that_are_done_are_left_out_and_the_same_ones_survive(share_broken):
    """Radii between the distances that the whole search finds: none, half or all within."""
    logits_fn, images, labels = make_problem((8, 8, 1), count=20)
    one = CarliniWagnerL2(eps=10.0, num_steps=300, learning_rate=0.02, initial_constant=10.0,
                          num_search_steps=1, abort_early=False)  # fmt: skip
    found, whole_cost, _ = minimize(one, logits_fn, tf.constant(images), tf.constant(labels))
    lengths = norms.length(found - images, "L2").numpy()
    radius = {0.0: 0.9 * lengths.min(), 0.5: np.median(lengths), 1.0: 1.1 * lengths.max()}
    costs, flags = [], []
    for stops_early in (False, True):
        attack = dataclasses.replace(one, eps=float(radius[share_broken]), stops_early=stops_early)
        result = run_attacks([attack], logits_fn, images, labels)
        flags.append(result.is_robust)
        costs.append(result.num_gradients["CW-L2"])
    np.testing.assert_array_equal(*flags)
    assert 1 - flags[0].mean() == share_broken
    assert costs[0] == 20 * int(whole_cost) == 20 * 300
    assert (costs[1] < costs[0]) == (share_broken > 0)


def test_rows_left_out_stay_in_the_mean_loss():
    logits_fn, images, labels = make_problem((8, 8, 1), count=20)
    attack = dataclasses.replace(papers_mode(eps=10.0), num_steps=120)
    _, num_gradients, curve = minimize(attack, logits_fn, tf.constant(images), tf.constant(labels))
    assert int(num_gradients) == 50
    assert np.all(curve[:50] > 0)
    np.testing.assert_allclose(curve[50:], curve[49], rtol=1e-6)


def test_no_search_for_a_constant_is_ended_early():
    with pytest.raises(InputError, match="stops_early would end the search"):
        CarliniWagnerL2(eps=1.0, stops_early=True)


def test_the_papers_mode_and_its_curve():
    attack = papers_mode()
    assert (attack.eps, attack.initial_constant, attack.num_search_steps) == (3.0, 100.0, 1)
    assert attack.num_steps == 1000
    attack = dataclasses.replace(attack, eps=1e-3)  # within which nothing is found
    logits_fn, images, labels = make_problem((8, 8, 1))
    _, num_gradients, curve = minimize(attack, logits_fn, tf.constant(images), tf.constant(labels))
    assert int(num_gradients) == 1000
    assert curve.shape == (1000,)
    assert np.mean(curve[-100:]) <= np.mean(curve[:100])


def test_the_loss_curve_reaches_the_result_and_converges():
    logits_fn, images, labels = make_problem((8, 8, 1))
    attack = CarliniWagnerL2(eps=3.0, num_search_steps=1, initial_constant=100.0, num_steps=300,
                             abort_early=False)  # fmt: skip
    curve = run_attacks([attack], logits_fn, images, labels).loss_curves["CW-L2"]
    assert len(curve) == 300
    assert curve[-1] < 0.5 * curve[0]
    assert abs(curve[-1] - curve[-30]) < 0.1 * curve[-1]


def test_carlini_wagner_finds_the_exact_distance_within_5_percent(linear_problem):
    logits_fn, weights, bias, images, labels = linear_problem
    exact = exact_distances(weights, bias, images, labels, "L2")
    attack = CarliniWagnerL2(eps=10.0, num_steps=600, learning_rate=0.005, num_search_steps=8)
    found = distances_found(attack, logits_fn, images, labels)
    assert np.all(found >= exact * (1 - 1e-4))
    assert np.all(found <= 1.05 * exact)


@pytest.mark.parametrize(("fall", "num_updates"), [(5e-5, 200), (0.0, 20)])
def test_early_abort_waits_as_long_as_the_loss_falls_however_slowly(fall, num_updates):
    """A fall of one in 20,000 at each update is one of 0.1 % in the patience of 20 updates."""

    class Slow(CarliniWagnerL2):
        def _differentiate(self, logits_fn, images, labels, constants, w):
            losses.append(tf.fill(tf.shape(labels), (1 - fall) ** len(losses)))
            never = tf.zeros_like(labels, tf.bool)
            return losses[-1], tf.zeros_like(w), images, never, losses[-1]

    losses = []
    attack = Slow(eps=1.0, num_steps=200, num_search_steps=1)
    _, num_gradients, curve = attack.minimize(
        None, tf.zeros((2, 4, 4, 1)) + 0.5, tf.zeros(2, tf.int32)
    )
    assert abs(int(num_gradients) - num_updates) <= 1
    np.testing.assert_allclose(curve[-1], losses[-1][0])
