"""SPSA: gradient ascent on a gradient estimated from logits alone (Uesato et al. 2018).

    SPSA(eps=0.3, num_steps=100, num_pairs=64)

Each step probes the margin at pairs of points x +- delta * v with random signs v, clipped to the
range of pixels, and follows the averaged slope with Adam. Like Square it needs no gradient of the
model, but smooths over noise.
"""

import dataclasses

import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.loops import while_loop
from aaa_tf.attacks.objectives import margin
from aaa_tf.errors import InputError

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


@dataclasses.dataclass(frozen=True, kw_only=True)
class SPSA(Attack):
    """Simultaneous perturbation stochastic approximation on the margin.

    Attributes:
        num_steps: Adam updates per round.
        num_pairs: pairs of probes per update; a step costs 2 * num_pairs + 1 queries, and the start
            one. A batch ends once all of its rows are broken.
        delta: half the distance of a pair, per pixel.
        learning_rate: of Adam, in pixels.
    """

    num_steps: int = 100
    num_pairs: int = 64
    delta: float = 0.01
    learning_rate: float = 0.01

    def __post_init__(self):
        super().__post_init__()
        if min(self.num_steps, self.num_pairs) < 1 or min(self.delta, self.learning_rate) <= 0:
            raise InputError("num_steps, num_pairs, delta and learning_rate must be above 0")

    @property
    def needs_gradient(self) -> bool:
        """Implements `Attack.needs_gradient`."""
        return False

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""

        def find_open(points):
            return margin(logits_fn(points), labels) <= 0

        def update(i, points, first, second, is_open):
            slope = self._estimate(logits_fn, points, labels, seeds.fold_key(key, i), index)
            first = _BETA_1 * first + (1 - _BETA_1) * slope
            second = _BETA_2 * second + (1 - _BETA_2) * tf.square(slope)
            t = tf.cast(i + 1, tf.float32)
            rate = self.learning_rate * tf.sqrt(1 - _BETA_2**t) / (1 - _BETA_1**t)
            moved = points + rate * first / (tf.sqrt(second) + _EPSILON)
            moved = norms.project(moved, images, self.eps, self.norm)
            points = tf.where(norms.per_image(is_open), moved, points)
            return i + 1, points, first, second, find_open(points)

        zeros = tf.zeros_like(images)
        start = norms.random_start(images, self.eps, self.norm, key, index)
        num_steps, points, *_ = while_loop(
            lambda i, *state: (i < self.num_steps) & tf.reduce_any(state[-1]),
            update,
            (tf.constant(0), start, zeros, zeros, find_open(start)),
        )
        return Found(points, tf.constant(0), 1 + num_steps * (2 * self.num_pairs + 1))

    def _estimate(self, logits_fn, points, labels, key, index):
        """The averaged slope of the margin along random signs."""

        def probe(pair, total):
            noise = seeds.uniform_per_example(points.shape[1:], seeds.fold_key(key, pair), index)
            signs = tf.where(noise < 0, -1.0, 1.0)
            # Within the range of pixels: beyond it a served pipeline answers nothing.
            ahead, behind = (
                margin(logits_fn(tf.clip_by_value(points + step, 0.0, 1.0)), labels)
                for step in (self.delta * signs, -self.delta * signs)
            )
            return pair + 1, total + norms.per_image((ahead - behind) / (2 * self.delta)) * signs

        start = (tf.constant(0), tf.zeros_like(points))
        return while_loop(lambda i, _: i < self.num_pairs, probe, start)[1] / self.num_pairs
