"""APGD, projected gradient descent that sets its own step size (Croce & Hein 2020, algorithm 1).

    APGD(eps=0.3)                        # cross-entropy, 100 iterations, one restart
    APGD(eps=0.3, loss="dlr")
    TargetedAPGD(eps=0.3)                # APGD-T: targeted DLR, the nine likeliest wrong classes

The step size starts at 2 eps and is halved for an example at checkpoints where too few of its last
steps improved, or where neither the step size nor the best loss changed since the one before; the
search then goes on from the best point. Steps carry momentum 0.75. Constants are the published
ones. Nothing is stored per step, so memory does not grow with the iterations.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.loops import is_finished, while_loop
from aaa_tf.attacks.objectives import (
    differentiate,
    get_objective,
    name_objective,
    require_classes,
    targeted_dlr,
)
from aaa_tf.errors import InputError

_MOMENTUM = 0.75
_IMPROVING_FRACTION = 0.75


@dataclasses.dataclass(frozen=True, kw_only=True)
class APGD(Attack):
    """Untargeted APGD.

    Attributes:
        num_steps: iterations per round; one gradient more is computed at the start.
        loss: "xent" (APGD-CE), "dlr" (APGD-DLR), "margin", or a function (logits, labels) -> (N,).
        num_samples: draws of a random model per gradient (20 in AutoAttack's `rand` version).
        stops_early: see `PGD`.
    """

    num_steps: int = 100
    loss: str | Callable = "xent"
    num_samples: int = 1
    stops_early: bool = True

    def __post_init__(self):
        super().__post_init__()
        if self.loss != "targeted_dlr":  # which has an argument more
            get_objective(self.loss)
        if self.num_steps < 1:
            raise InputError(f"num_steps must be at least 1, not {self.num_steps}")

    def require_applicable(self, num_classes: int) -> None:
        """Implements `Attack.require_applicable`."""
        require_classes(self.loss, num_classes)

    @property
    def name(self) -> str:
        """Name in reports: APGD-CE, APGD-DLR."""
        return f"APGD-{'CE' if self.loss == 'xent' else name_objective(self.loss).upper()}"

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        loss = get_objective(self.loss)
        return self._ascend(
            lambda points, logits: loss(logits, labels), logits_fn, images, labels, key, index
        )

    def _ascend(self, objective, logits_fn, images, labels, key, index):
        evaluate = _make_evaluate(objective, logits_fn, labels, self.num_samples)
        direction = norms.random_direction(images, self.norm, key, index)
        start = tf.clip_by_value(
            images + self.eps * norms.normalize(direction, self.norm), 0.0, 1.0
        )
        state = _start(start, evaluate, self.eps, self.num_steps)

        def iterate(state):
            moved = self._move(state, images)
            values, is_success, gradients = evaluate(moved)
            state = _record(state, moved, values, is_success, gradients)
            is_checkpoint = state.since_checkpoint == state.period
            return tf.nest.map_structure(
                lambda kept, changed: tf.where(is_checkpoint, changed, kept),
                state,
                _halve_steps(state, self.num_steps),
            )

        state = while_loop(
            lambda state: (state.step < self.num_steps) & ~is_finished(self, state.is_success),
            lambda state: (iterate(state),),
            (state,),
        )[0]
        found = tf.where(norms.per_image(state.is_success), state.found, state.best)
        return Found(found, (state.step + 1) * self.num_samples, tf.constant(0))

    def _move(self, state, images):
        """One step with momentum; each part is projected, as published."""
        direction = norms.steepest_direction(state.gradients, self.norm)
        step = norms.per_image(state.step_size) * direction
        target = norms.project(state.current + step, images, self.eps, self.norm)
        momentum = tf.where(state.step > 0, _MOMENTUM, 1.0)
        mixed = (
            state.current
            + momentum * (target - state.current)
            + (1 - momentum) * (state.current - state.previous)
        )
        return norms.project(mixed, images, self.eps, self.norm)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetedAPGD(APGD):
    """APGD-T: APGD on the targeted DLR loss, one round for each likely wrong class.

    Attributes:
        num_targets: classes tried, the likeliest first by the clean image's logits; fewer where the
            model has fewer.
        loss: the targeted DLR, which is what makes it APGD-T.
    """

    num_targets: int = 9
    loss: str = dataclasses.field(default="targeted_dlr", init=False)

    def require_applicable(self, num_classes: int) -> None:
        """Implements `Attack.require_applicable`."""
        require_classes("targeted_dlr", num_classes)

    @property
    def name(self) -> str:
        """Name in reports."""
        return "APGD-T"

    @property
    def num_rounds(self) -> int:
        """Every target with every restart."""
        return self.num_targets * self.num_restarts

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        targets = rank_target(logits_fn(images), labels, round_index // self.num_restarts)

        def objective(points, logits):
            del points
            return targeted_dlr(logits, labels, targets)

        return self._ascend(objective, logits_fn, images, labels, key, index)


def rank_target(logits, labels, rank):
    """The wrong class of rank `rank` (0: the likeliest), or the last one there is."""
    num_classes = tf.shape(logits)[1]
    is_true = tf.one_hot(labels, num_classes, on_value=True, off_value=False, dtype=tf.bool)
    order = tf.argsort(tf.where(is_true, -np.inf, logits), axis=1, direction="DESCENDING")
    return tf.gather(order, tf.minimum(tf.cast(rank, tf.int32), num_classes - 2), axis=1)


class _State(NamedTuple):
    """What one batch remembers; (N,) or (N, H, W, C) each, but for the scalars at the end."""

    current: tf.Tensor
    previous: tf.Tensor
    gradients: tf.Tensor
    values: tf.Tensor
    best: tf.Tensor
    best_gradients: tf.Tensor
    best_values: tf.Tensor
    found: tf.Tensor
    is_success: tf.Tensor
    step_size: tf.Tensor
    num_increases: tf.Tensor
    values_at_checkpoint: tf.Tensor
    was_halved: tf.Tensor
    step: tf.Tensor
    since_checkpoint: tf.Tensor
    period: tf.Tensor


def _make_evaluate(objective, logits_fn, labels, num_samples):
    def evaluate(images):
        values, logits, gradients = differentiate(objective, logits_fn, images, num_samples)
        return values, tf.argmax(logits, axis=1, output_type=tf.int32) != labels, gradients

    return evaluate


def _start(start, evaluate, eps, num_steps):
    values, is_success, gradients = evaluate(start)
    return _State(
        current=start,
        previous=start,
        gradients=gradients,
        # The published code compares the first step with zero, not with the start.
        values=tf.zeros_like(values),
        best=start,
        best_gradients=gradients,
        best_values=values,
        found=start,
        is_success=is_success,
        step_size=tf.fill(tf.shape(values), 2.0 * eps),
        num_increases=tf.zeros_like(values),
        values_at_checkpoint=values,
        was_halved=tf.ones_like(is_success),
        step=tf.constant(0),
        since_checkpoint=tf.constant(0),
        period=tf.constant(max(int(0.22 * num_steps), 1)),
    )


def _record(state, moved, values, is_success, gradients):
    """The state after a step to `moved`: best point, first success, count of increases."""
    is_best = values > state.best_values
    # The latest success is kept, as published; one that is lost again stays found.
    return state._replace(
        current=moved,
        previous=state.current,
        gradients=gradients,
        values=values,
        best=tf.where(norms.per_image(is_best), moved, state.best),
        best_gradients=tf.where(norms.per_image(is_best), gradients, state.best_gradients),
        best_values=tf.maximum(values, state.best_values),
        found=tf.where(norms.per_image(is_success), moved, state.found),
        is_success=state.is_success | is_success,
        num_increases=state.num_increases + tf.cast(values > state.values, tf.float32),
        step=state.step + 1,
        since_checkpoint=state.since_checkpoint + 1,
    )


def _halve_steps(state, num_steps):
    """The state after a checkpoint: conditions 1 and 2 of the paper's section 3.2."""
    allowed = _IMPROVING_FRACTION * tf.cast(state.period, tf.float32)
    is_oscillating = state.num_increases <= allowed
    is_stuck = ~state.was_halved & (state.values_at_checkpoint >= state.best_values)
    is_halved = is_oscillating | is_stuck
    per_image = norms.per_image(is_halved)
    shortest = max(int(0.06 * num_steps), 1)
    return state._replace(
        current=tf.where(per_image, state.best, state.current),
        gradients=tf.where(per_image, state.best_gradients, state.gradients),
        step_size=tf.where(is_halved, state.step_size / 2, state.step_size),
        num_increases=tf.zeros_like(state.num_increases),
        values_at_checkpoint=state.best_values,
        was_halved=is_halved,
        since_checkpoint=tf.constant(0),
        period=tf.maximum(state.period - max(int(0.03 * num_steps), 1), shortest),
    )
