"""Square: the published schedule of its squares, and where they lie."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import autoattack
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Draws, Square, _change_something, _change_square, _stripes


@pytest.mark.parametrize("num_queries", [10_000, 5_000])
def test_squares_shrink_on_the_published_schedule(num_queries):
    """Andriushchenko et al. 2020: 0.8 of the pixels at first, halved at these of 10,000 queries."""
    sides = Square(eps=0.1, num_queries=num_queries)._sides(28, 28).numpy()
    assert len(sides) == num_queries
    halvings = np.array([10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000]) * num_queries // 10_000
    starts = [0, *(halvings + 2)]  # two queries later: the first one is no square
    expected = [round((0.8 * 28 * 28 / 2**halved) ** 0.5) for halved in range(10)]
    assert [sides[start] for start in starts] == expected
    assert [sides[start - 1] for start in starts[1:]] == expected[:-1]


def test_autoattack_stops_half_way_down_the_schedule():
    """Croce & Hein 2020: 5,000 proposals after the first query, halved at these of them."""
    square = autoattack.standard(eps=0.1)[3]
    sides = square._sides(28, 28).numpy()
    assert len(sides) == 5001
    assert [*np.flatnonzero(np.diff(sides[1:]))] == [10, 50, 200, 500, 1000, 2000, 4000]
    whole = Square(eps=0.1, num_queries=10_000)._sides(28, 28).numpy()
    np.testing.assert_array_equal(sides, whole[:5001])


def test_sides_for_l2_have_a_middle_and_fit():
    sides = Square(eps=0.1, norm="L2", num_queries=1000)._sides(28, 28).numpy()
    assert set(sides % 2) == {1}
    assert sides.min() == 3
    assert Square(eps=0.1, norm="L2", num_queries=2)._sides(4, 9).numpy().max() == 4


def test_a_window_is_one_square_inside_the_image():
    mask, corner = Draws(tf.constant([1, 2], tf.int64), 3, tf.range(50, dtype=tf.int64)).window(
        3, 6, 8
    )
    assert mask.shape == (50, 6, 8, 1)
    np.testing.assert_array_equal(tf.reduce_sum(mask, axis=(1, 2, 3)), np.full(50, 9))
    for image, (row, column) in zip(mask.numpy(), corner.numpy(), strict=True):
        assert image[row : row + 3, column : column + 3].all()
    assert len(np.unique(corner, axis=0)) > 5


def test_squares_reach_the_last_row_and_column_but_autoattacks():
    """The published code draws a corner below height - side, so that the border stays as it is."""
    index = tf.range(4000, dtype=tf.int64)
    for covers_border, expected in ((True, 1), (False, 0)):
        draws = Draws(tf.constant([1, 2], tf.int64), 3, index, covers_border=covers_border)
        mask = draws.window(3, 6, 8)[0].numpy().max(axis=(0, 3))
        assert mask[:-1, :-1].min() == 1
        assert mask[-1].max() == mask[:, -1].max() == expected
    assert autoattack.standard(eps=0.1)[3].covers_border is False
    assert Square(eps=0.1).covers_border


@pytest.mark.parametrize("channels", [1, 3])
def test_every_proposal_changes_a_square_but_autoattacks(rng, channels):
    """Andriushchenko et al. 2020 draw signs again as long as nothing changes; AutoAttack does not.

    Black and white pixels lie on the edge of the box, where eps moves them to one side alone.
    """
    images = np.round(rng.random((400, 6, 6, channels))).astype(np.float32)
    index = tf.range(400, dtype=tf.int64)
    best = _stripes(images, 0.2, Draws(tf.constant([1, 2], tf.int64), 0, index))
    changed = {}
    for propose in (_change_something, _change_square):
        draws = Draws(tf.constant([1, 2], tf.int64), 3, index)
        proposed = propose(best, images, 0.2, 1, draws).numpy()
        assert np.abs(proposed - images).max() <= 0.2 + 1e-6
        changed[propose] = (np.abs(proposed - best) > 1e-6).any(axis=(1, 2, 3))
    share = 1 - 0.5**channels
    assert abs(changed[_change_square].mean() - share) < 0.1
    assert changed[_change_something].all()
    assert Square(eps=0.1).is_original
    assert autoattack.standard(eps=0.1)[3].is_original is False


@pytest.mark.parametrize("shape", [(1, 9, 2), (5, 1, 1), (1, 1, 1), (3, 3, 3)])
@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_images_of_any_size_are_attacked(shape, norm):
    images = np.full((4, *shape), 0.5, np.float32)

    def logits_fn(x):
        mean = tf.reduce_mean(x, axis=(1, 2, 3)) - 0.45
        return tf.stack([mean, -mean], axis=1)

    square = Square(eps=0.3 if norm == "Linf" else 5.0, norm=norm, num_queries=60)
    assert run_attacks([square], logits_fn, images, np.zeros(4, np.int32)).is_robust.sum() < 4
