import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import restarts


def make_scripted_attack(breaks):
    """An attack that breaks row i in restart r if (r, i) is in `breaks`, and notes its calls."""
    calls = []

    def attack(images, labels, index, restart):
        calls.append((int(restart), index.tolist()))
        is_correct = [(int(restart), int(row)) not in breaks for row in index]
        marked = images + (1 + int(restart)) / 10
        return tf.constant(marked), tf.constant(is_correct)

    return attack, calls


def run(attack, is_robust, num_restarts, batch_size=2):
    size = len(is_robust)
    return restarts.run_restarts(
        attack,
        np.zeros((size, 1, 1, 1), np.float32),
        np.zeros(size, np.int32),
        np.array(is_robust),
        num_restarts=num_restarts,
        num_steps=10,
        batch_size=batch_size,
        report=lambda *progress: None,
    )


def test_flags_are_only_cleared_and_survivors_repacked():
    attack, calls = make_scripted_attack({(0, 1), (1, 4)})
    result = run(attack, [True, True, False, True, True, True], num_restarts=3)
    assert result.is_robust.tolist() == [True, False, False, True, False, True]
    assert result.num_robust_by_restart == [4, 3, 3]
    assert calls[:3] == [(0, [0, 1]), (0, [3, 4]), (0, [5, 5])]  # the last batch is padded
    assert calls[3:5] == [(1, [0, 3]), (1, [4, 5])]
    assert calls[5:] == [(2, [0, 3]), (2, [5, 5])]
    assert result.num_gradient_evaluations == 10 * (5 + 4 + 3)


def test_keeps_the_image_that_broke_a_row():
    attack, _ = make_scripted_attack({(0, 1)})
    result = run(attack, [True, True, False], num_restarts=2)
    np.testing.assert_allclose(result.adversarial_images.ravel(), [0.2, 0.1, 0.0])


def test_nothing_to_attack():
    attack, calls = make_scripted_attack(set())
    assert run(attack, [False, False], num_restarts=2).num_robust_by_restart == [0, 0]
    assert calls == []


@pytest.fixture
def linear():
    weights = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
    return lambda images: tf.reshape(images, (-1, 16)) @ weights


def test_results_do_not_depend_on_packing(linear, rng):
    images, labels = rng.random((7, 4, 4, 1), np.float32), np.zeros(7, np.int32)
    outcomes = []
    for batch_size in (7, 2):
        attack = restarts.compile_pgd(linear, eps=0.2, step_size=0.01, num_steps=2, seed=3)
        result = restarts.run_restarts(
            attack, images, labels, np.ones(7, bool), num_restarts=1, num_steps=2,
            batch_size=batch_size, report=lambda *progress: None,
        )  # fmt: skip
        outcomes.append(result.adversarial_images)
    np.testing.assert_allclose(*outcomes, atol=1e-6)


def test_restarts_start_elsewhere(linear, rng):
    images = tf.constant(rng.random((2, 4, 4, 1), np.float32))
    attack = restarts.compile_pgd(linear, eps=0.2, step_size=0.01, num_steps=1, seed=3)
    found = [attack(images, tf.constant([0, 1]), np.arange(2), np.int64(r))[0] for r in (0, 1)]
    assert not np.allclose(*found)
