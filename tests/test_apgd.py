"""APGD against the exact boundary of a linear model, and its choice of targets."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.apgd import TargetedAPGD, rank_target
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.errors import InputError
from tests.attack_inputs import SHAPE, check_exact_boundary


@pytest.mark.parametrize("norm", norms.NORMS)
def test_targeted_apgd_reaches_the_exact_boundary(linear_problem, norm):
    check_exact_boundary(
        lambda eps: TargetedAPGD(eps=eps, norm=norm, num_targets=3), linear_problem, norm
    )


def test_targets_go_from_the_likeliest_to_the_last_there_is():
    logits = tf.constant([[0.0, 3.0, 1.0], [5.0, -1.0, 2.0]])
    ranks = [rank_target(logits, rank).numpy().tolist() for rank in (0, 1, 7)]
    assert ranks == [[2, 2], [0, 1], [0, 1]]


def test_an_attack_that_does_not_apply_is_named():
    images = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    labels = np.argmax(images.reshape(2, 36)[:, :3], axis=1)
    with pytest.raises(InputError, match="targeted_dlr compares 4 logits and the model has 3"):
        run_attacks(
            [TargetedAPGD(eps=0.1)], lambda x: tf.reshape(x, (-1, 36))[:, :3], images, labels
        )
