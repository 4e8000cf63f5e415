"""FAB against the exact distance to the boundary of a linear model."""

import numpy as np
import pytest

from aaa_tf.attacks import norms
from aaa_tf.attacks.fab import FAB, TargetedFAB
from aaa_tf.attacks.runner import run_attacks
from tests.attack_inputs import exact_distances


@pytest.mark.parametrize("norm", norms.NORMS)
@pytest.mark.parametrize("attack_class", [FAB, TargetedFAB])
def test_fab_finds_the_exact_distance_within_1_percent(linear_problem, norm, attack_class):
    logits_fn, weights, bias, images, labels = linear_problem
    images, labels = images[:4], labels[:4]  # each is traced anew, because eps is its own
    exact = exact_distances(weights, bias, images, labels, norm)
    found = []
    for eps in 1.01 * exact, 0.99 * exact:
        outcomes = []
        for i in range(len(images)):
            attack = attack_class(eps=float(eps[i]), norm=norm, num_steps=100)
            result = run_attacks([attack], logits_fn, images[i : i + 1], labels[i : i + 1])
            outcomes.append(bool(result.is_robust[0]))
        found.append(outcomes)
    assert not any(found[0])  # found within 1 % more
    assert all(found[1])  # and nothing below the exact distance


def test_targets_that_the_model_does_not_have_cost_nothing(linear_problem):
    logits_fn, _, _, images, labels = linear_problem  # four classes
    results = [
        run_attacks(
            [TargetedFAB(eps=0.01, num_steps=5, num_targets=num_targets, num_restarts=2)],
            logits_fn, images, labels,
        )
        for num_targets in (3, 9)
    ]  # fmt: skip
    assert results[0].is_robust.any()
    assert results[0].num_gradients == results[1].num_gradients
    np.testing.assert_array_equal(results[0].is_robust, results[1].is_robust)
