"""The bumps of Square for L2 (Andriushchenko et al. 2020, section 3.2)."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.square import Draws
from aaa_tf.attacks.square_l2 import make_bump, make_proposal, tiles


@pytest.mark.parametrize("side", [2, 3, 5, 8])
def test_a_bump_goes_up_and_down_and_has_unit_length(side):
    bump = make_bump(side)
    assert bump.shape == (side, side)
    assert np.linalg.norm(bump) == pytest.approx(1, abs=1e-6)
    assert (bump[: side // 2] > 0).all()
    assert (bump[side // 2 :] < 0).all()


def test_the_first_proposal_has_length_eps():
    images = np.full((4, 10, 11, 3), 0.5, np.float32)
    draws = Draws(tf.constant([1, 2], tf.int64), 0, tf.range(4, dtype=tf.int64))
    moved = tiles(images, 0.4, draws) - images
    lengths = tf.norm(tf.reshape(moved, (4, -1)), axis=1)
    np.testing.assert_allclose(lengths, 0.4, rtol=1e-5)
    assert np.max(lengths) <= 0.4 + 1e-6


def test_a_later_proposal_spends_the_budget_and_no_more():
    """Far from the edges of the box all of eps is used, and two windows at most change."""
    images = np.full((4, 9, 9, 1), 0.5, np.float32)
    draws = Draws(tf.constant([1, 2], tf.int64), 0, tf.range(4, dtype=tf.int64))
    best = tiles(images, 0.4, draws)
    propose = make_proposal(np.array([3]), 9, 9)
    moved = propose(best, images, 0.4, 3, draws)
    lengths = tf.norm(tf.reshape(moved - images, (4, -1)), axis=1)
    np.testing.assert_allclose(lengths, 0.4, rtol=1e-4)
    assert np.max(lengths) <= 0.4 + 1e-6
    num_changed = (np.abs(moved - best) > 1e-6).sum(axis=(1, 2, 3))
    assert (num_changed > 0).all()
    assert (num_changed <= 2 * 9).all()
