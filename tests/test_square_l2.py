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


@pytest.mark.parametrize("pools_channels", [False, True])
def test_a_window_keeps_the_mass_of_its_channel_or_of_all(pools_channels):
    """The window is the whole image, whose channels have lengths 3 and 4 of 5, eps in all."""
    images = np.full((64, 5, 5, 2), 0.5, np.float32)
    lengths = np.array([3, 4], np.float32) / 5 * 0.2
    best = images + lengths * make_bump(5)[None, ..., None]
    draws = Draws(tf.constant([1, 2], tf.int64), 0, tf.range(64, dtype=tf.int64))
    propose = make_proposal(np.array([5]), 5, 5, pools_channels=pools_channels)
    moved = propose(best, images, 0.2, 5, draws) - images
    found = np.linalg.norm(moved.numpy(), axis=(1, 2))
    expected = 0.2 * np.sqrt([0.5, 0.5]) if pools_channels else lengths
    # A bump of the opposite sign leaves nothing of the old one, and no direction.
    is_there = (found > 1e-3).all(axis=1)
    assert is_there.sum() > 8
    np.testing.assert_allclose(found[is_there], [expected] * is_there.sum(), rtol=1e-3)


def test_bumps_are_turned_on_images_that_are_not_square():
    images = np.full((64, 5, 9, 1), 0.5, np.float32)
    draws = Draws(tf.constant([1, 2], tf.int64), 0, tf.range(64, dtype=tf.int64))
    moved = make_proposal(np.array([5]), 5, 9)(images, images, 0.2, 5, draws) - images
    halves = np.abs(moved.numpy()[:, :2].sum(axis=(1, 2, 3)))
    is_upright = halves > 0.1  # turned, up and down are beside each other and cancel
    assert 16 < is_upright.sum() < 48
