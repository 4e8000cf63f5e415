"""Square, random search without gradients (Andriushchenko et al. 2020), Linf and L2.

    Square(eps=0.3, num_queries=5000)

It proposes square changes at random places and keeps what lowers the margin, so no gradient can be
masked from it. The side of the squares shrinks on the published schedule. Places are drawn per
example, not once per batch as in the published code.
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms, objectives, square_l2
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.loops import while_loop
from aaa_tf.errors import InputError

# Share of pixels in the first square, and the queries (of 10,000) after which it is halved.
_FIRST_SHARE = 0.8
_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
_SAME = 1e-7  # pixels that differ by less are the same, as published


@dataclasses.dataclass(frozen=True, kw_only=True)
class Square(Attack):
    """Square attack on the margin.

    Attributes:
        num_queries: forward passes per image and round, the first one included.
        schedule_queries: over how many queries the squares shrink to the smallest; None for
            num_queries, as published. AutoAttack stops half-way down the schedule instead.
        covers_border: whether squares reach the last row and column, where those of the published
            code and of AutoAttack never lie.
        is_original: as its authors published it: a square for Linf always changes something, and
            the windows for L2 keep their mass channel by channel. In AutoAttack half of the
            smallest squares change nothing (one channel), and channels are taken together.
    """

    num_queries: int = 5000
    schedule_queries: int | None = None
    covers_border: bool = True
    is_original: bool = True

    def __post_init__(self):
        super().__post_init__()
        if self.num_queries < 2:
            raise InputError(f"num_queries must be at least 2, not {self.num_queries}")
        if self.schedule_queries is not None and self.schedule_queries < 1:
            raise InputError(f"schedule_queries must be at least 1, not {self.schedule_queries}")

    @property
    def needs_gradient(self) -> bool:
        """Implements `Attack.needs_gradient`."""
        return False

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        height, width = images.shape[1:3]
        sides = self._sides(height, width)
        if self.norm == "Linf":
            change = _change_something if self.is_original else _change_square
            first, propose = _stripes, change
        else:
            first, propose = (
                square_l2.tiles,
                square_l2.make_proposal(sides, height, width, pools_channels=not self.is_original),
            )
        best = first(images, self.eps, Draws(key, 0, index))
        value = objectives.margin(logits_fn(best), labels)

        def iterate(i, best, value):
            draws = Draws(key, i, index, covers_border=self.covers_border)
            candidates = propose(best, images, self.eps, tf.gather(sides, i), draws)
            new_value = objectives.margin(logits_fn(candidates), labels)
            # A broken row stays as it is; an attack needs no more of it.
            is_better = (new_value > value) & (value <= 0)
            best = tf.where(norms.per_image(is_better), candidates, best)
            return i + 1, best, tf.where(is_better, new_value, value)

        num_queries, best, _ = while_loop(
            lambda i, _, value: (i < self.num_queries) & tf.reduce_any(value <= 0),
            iterate,
            (tf.constant(1), best, value),
        )
        return Found(best, tf.constant(0), num_queries)

    def _sides(self, height, width):
        """Side of the square at each query, a constant of shape (num_queries,)."""
        sides, length = [], self.schedule_queries or self.num_queries
        for query in range(self.num_queries):
            scaled = int(max(query - 1, 0) / length * 10_000)
            share = _FIRST_SHARE / 2 ** sum(scaled > halving for halving in _HALVINGS)
            side = max(round(math.sqrt(share * height * width)), 1)
            if self.norm == "L2":
                side = max(side, 3) | 1  # odd, so that it has a middle
            sides.append(min(side, height, width))
        return tf.constant(np.array(sides, np.int32))


class Draws:
    """Uniform numbers for the rows of one batch: a function of (key, query, row).

    A table of numbers is drawn at once and each row takes its own line of it, which is far cheaper
    than a draw per row and does not depend on packing either. Rows 16,384 apart share a line.
    """

    _LINES = 16_384

    def __init__(self, key, query, index, *, covers_border=True):
        """`key`: seed of the round; `query`: its number; `index`: (N,) rows in the whole data."""
        self._covers_border = covers_border
        self._key, self._lines = seeds.fold_key(key, query), index % self._LINES
        self._num_calls = 0

    def uniform(self, count: int):
        """(N, count) numbers in [0, 1), fresh at each call."""
        self._num_calls += 1
        key = seeds.fold_key(self._key, self._num_calls)
        return tf.gather(tf.random.stateless_uniform((self._LINES, count), key), self._lines)

    def signs(self, count: int):
        """(N, count) numbers that are -1 or 1."""
        return tf.where(self.uniform(count) < 0.5, -1.0, 1.0)

    def window(self, side, height, width):
        """A random place of a square in each image: its mask (N, H, W, 1), and its corner."""
        place = self.uniform(2)
        last = tf.stack([height - side, width - side])
        num_places = tf.cast(last + 1 if self._covers_border else last, tf.float32)
        corner = tf.minimum(tf.cast(tf.floor(place * num_places), tf.int32), last)
        rows = tf.range(height)[None] - corner[:, :1]
        columns = tf.range(width)[None] - corner[:, 1:]
        inside = [(distance >= 0) & (distance < side) for distance in (rows, columns)]
        mask = inside[0][:, :, None, None] & inside[1][:, None, :, None]
        return tf.cast(mask, tf.float32), corner


def _stripes(images, eps, draws):
    """The first proposal for Linf: vertical stripes of -eps and eps, per channel."""
    _, width, channels = images.shape[1:]
    signs = tf.reshape(draws.signs(width * channels), (-1, 1, width, channels))
    return tf.clip_by_value(images + eps * signs, 0.0, 1.0)


def _change_square(best, images, eps, side, draws):
    """A later proposal for Linf: a square set to -eps or eps, per channel."""
    return norms.project(best + _draw_square(images, eps, side, draws), images, eps, "Linf")


def _change_something(best, images, eps, side, draws):
    """The same; the square takes the opposite signs where it would change nothing."""
    square = _draw_square(images, eps, side, draws)
    changed, opposite = (
        norms.project(best + move, images, eps, "Linf") for move in (square, -square)
    )
    difference = tf.reduce_max(tf.abs(changed - best), axis=(1, 2, 3), keepdims=True)
    return tf.where(difference < _SAME, opposite, changed)


def _draw_square(images, eps, side, draws):
    """-2 eps or 2 eps, per channel, in one square and 0 elsewhere: from one bound to the other."""
    height, width, channels = images.shape[1:]
    mask, _ = draws.window(side, height, width)
    signs = tf.reshape(draws.signs(channels), (-1, 1, 1, channels))
    return 2 * eps * signs * mask
