"""PGD against the exact boundary of a linear model, and what restarts may do."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.pgd import PGD, fgsm
from aaa_tf.attacks.runner import run_attacks
from tests.attack_inputs import PLANE, check_exact_boundary, plane_logits


@pytest.mark.parametrize("norm", norms.NORMS)
def test_pgd_reaches_the_exact_boundary(linear_problem, norm):
    check_exact_boundary(
        lambda eps: PGD(eps=eps, norm=norm, step_size=eps / 10, num_steps=60, loss="margin"),
        linear_problem, norm,
    )  # fmt: skip


def test_more_restarts_are_never_weaker(attacked_model, attacked_data):
    counts = [
        run_attacks(
            [PGD(eps=0.05, step_size=0.02, num_steps=2, num_restarts=restarts)],
            attacked_model,
            *attacked_data,
        ).is_robust.sum()
        for restarts in (1, 3, 9)
    ]
    assert counts[-1] < counts[0]
    assert counts == sorted(counts, reverse=True)


def test_fgsm_is_one_step_of_eps_along_the_sign_clipped_to_the_box(rng):
    """Goodfellow et al. 2015: of two classes cross-entropy rises towards the other one."""
    images = rng.random((8, 4, 4, 1), np.float32)
    labels = np.argmax(plane_logits(images), axis=1).astype(np.int32)
    towards = np.where(labels == 0, 1, -1)[:, None] * np.sign(PLANE[:, 0])
    expected = np.clip(images + 0.4 * towards.reshape(images.shape), 0, 1)
    is_near_the_box = (expected == 0) | (expected == 1)
    assert is_near_the_box.any()
    found = fgsm(eps=0.4).search(
        plane_logits, tf.constant(images), tf.constant(labels), tf.constant(0, tf.int64),
        tf.constant([0, 0], tf.int64), tf.range(8, dtype=tf.int64),
    )  # fmt: skip
    np.testing.assert_allclose(found.images, expected, atol=1e-6)
