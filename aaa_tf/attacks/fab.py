"""FAB, the fast adaptive boundary attack (Croce & Hein 2020b): small perturbations, then eps.

    TargetedFAB(eps=0.3)      # FAB-T, part of AutoAttack
    FAB(eps=0.3)              # untargeted: one gradient for each class and step

Each step linearises the decision boundary, projects both the current point and the clean image
onto it inside [0, 1], mixes the two, overshoots a little, and goes back towards the clean image
whenever it is adversarial. It minimises the distance; the runner counts what lies within eps.
Needs no step size and is unimpressed by scaled logits. Constants are the published ones.
"""

import dataclasses

import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.apgd import rank_target
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.boundary import project_on_hyperplane
from aaa_tf.attacks.loops import while_loop
from aaa_tf.errors import InputError

_ALPHA_MAX = 0.1
_OVERSHOOT = 1.05
_BACKWARD = 0.9
_TINY = 1e-12
_FAR = 1e10


@dataclasses.dataclass(frozen=True, kw_only=True)
class FAB(Attack):
    """Untargeted FAB: every step goes to the nearest of all linearised boundaries.

    Attributes:
        num_steps: iterations per round.
    """

    num_steps: int = 100

    def __post_init__(self):
        super().__post_init__()
        if self.num_steps < 1:
            raise InputError(f"num_steps must be at least 1, not {self.num_steps}")

    @property
    def minimizes(self) -> bool:
        """Implements `Attack.minimizes`."""
        return True

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""

        def linearize(points):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(points)
                logits = logits_fn(points)
            jacobian = tape.batch_jacobian(logits, points)
            gaps = logits - tf.gather(logits, labels, batch_dims=1)[:, None]
            slopes = jacobian - tf.gather(jacobian, labels, batch_dims=1)[:, None]
            nearest = self._nearest(gaps, slopes, labels)
            return tf.gather(gaps, nearest, batch_dims=1), tf.gather(slopes, nearest, batch_dims=1)

        num_classes = logits_fn(images).shape[1]
        start = self._start(images, round_index, key, index)
        return self._approach(
            logits_fn, linearize, images, labels, start, num_classes, self.num_steps
        )

    def _nearest(self, gaps, slopes, labels):
        """The wrong class whose linearised boundary is nearest in this norm: (N,)."""
        dual = (
            tf.reduce_sum(tf.abs(slopes), axis=(2, 3, 4))
            if self.norm == "Linf"
            else tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=(2, 3, 4)))
        )
        distances = tf.abs(gaps) / (dual + _TINY)
        excluded = tf.one_hot(labels, tf.shape(gaps)[1], on_value=float("inf"))
        return tf.argmin(distances + excluded, axis=1)

    def _start(self, images, restart, key, index):
        """The image in the first restart, a random point within half of eps in the others."""
        direction = norms.normalize(
            norms.random_direction(images, self.norm, key, index), self.norm
        )
        offset = tf.where(restart > 0, 0.5 * self.eps, 0.0) * direction
        return tf.clip_by_value(images + offset, 0.0, 1.0)

    def _approach(self, logits_fn, linearize, images, labels, start, num_gradients, num_steps):
        """The loop; `linearize` gives gap and slope of a boundary at the current points."""

        def iterate(i, points, best, best_distance):
            points = self._step(points, images, *linearize(points))
            predictions = tf.argmax(logits_fn(points), axis=1, output_type=tf.int32)
            is_success = predictions != labels
            distance = norms.length(points - images, self.norm)
            is_better = is_success & (distance < best_distance)
            best = tf.where(norms.per_image(is_better), points, best)
            best_distance = tf.where(is_better, distance, best_distance)
            nearer = images + _BACKWARD * (points - images)
            return i + 1, tf.where(norms.per_image(is_success), nearer, points), best, best_distance

        best_distance = tf.fill(tf.shape(labels), _FAR)
        num_done, _, best, _ = while_loop(
            lambda i, points, best, distance: (i < num_steps) & tf.reduce_any(distance > self.eps),
            iterate,
            (tf.constant(0), start, images, best_distance),
        )
        return Found(best, num_gradients * num_done, num_done)

    def _step(self, points, images, gap, slope):
        """Both points projected on the boundary, mixed, overshot (the paper's equation 9)."""
        flat = tf.reshape(slope, (tf.shape(slope)[0], -1))
        offset = tf.reduce_sum(flat * tf.reshape(points, tf.shape(flat)), axis=1) - gap
        from_point, from_image = (
            project_on_hyperplane(origin, slope, offset, self.norm) for origin in (points, images)
        )
        lengths = [
            tf.maximum(norms.length(move, self.norm), 1e-8) for move in (from_point, from_image)
        ]
        alpha = norms.per_image(tf.minimum(lengths[0] / (lengths[0] + lengths[1]), _ALPHA_MAX))
        mixed = (1 - alpha) * (points + _OVERSHOOT * from_point)
        mixed += alpha * (images + _OVERSHOOT * from_image)
        return tf.clip_by_value(mixed, 0.0, 1.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetedFAB(FAB):
    """FAB-T: one boundary at a time, towards the likeliest wrong classes in turn.

    Attributes:
        num_targets: classes tried, the likeliest first by the clean image's logits; fewer where the
            model has fewer.
    """

    num_targets: int = 9

    @property
    def name(self) -> str:
        """Name in reports."""
        return "FAB-T"

    @property
    def num_rounds(self) -> int:
        """Every target with every restart."""
        return self.num_targets * self.num_restarts

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        logits = logits_fn(images)
        targets = rank_target(logits, labels, round_index // self.num_restarts)

        def linearize(points):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(points)
                logits = logits_fn(points)
                gap = tf.gather(logits, targets, batch_dims=1) - tf.gather(
                    logits, labels, batch_dims=1
                )
            return gap, tape.gradient(gap, points)

        start = self._start(images, round_index % self.num_restarts, key, index)
        is_there = round_index // self.num_restarts < tf.shape(logits, tf.int64)[1] - 1
        num_steps = tf.where(is_there, self.num_steps, 0)
        return self._approach(logits_fn, linearize, images, labels, start, 1, num_steps)
