"""Projected gradient descent for evaluation: Linf or L2, three losses, restarts, the best iterate.

    PGD(eps=0.3, step_size=0.01, num_steps=100, num_restarts=50)        # the paper's, table 4
    PGD(eps=2.0, step_size=0.1, num_steps=100, norm="L2", loss="dlr")
    fgsm(eps=0.3)

Every iterate counts, not the last one only: a success is kept over any failure, then the larger
loss wins. A batch whose rows are all broken stops early, unless gradients are averaged over draws
of a random model. The step for training is CleverHans' and lives in training_pgd.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.loops import is_finished, while_loop
from aaa_tf.attacks.objectives import (
    differentiate,
    get_objective,
    name_objective,
    require_classes,
)
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class PGD(Attack):
    """Projected gradient descent (Madry et al. 2018).

    Attributes:
        step_size: length of a step, same unit as eps.
        num_steps: gradients per round.
        loss: "xent", "margin", "dlr", or a function (logits, labels) -> (N,) to maximise.
        random_start: whether a round starts from a random point of the ball, or from the image.
        num_samples: draws of a random model per gradient; 1 for a deterministic one. A random one
            looks robust against 1: each row keeps what was wrong at a single draw.
        stops_early: whether a batch ends once all of its rows are broken, with num_samples 1;
            `Transfer` takes it off, because breaking the model that is searched is not its end.
    """

    step_size: float
    num_steps: int = 100
    loss: str | Callable = "xent"
    random_start: bool = True
    num_samples: int = 1
    stops_early: bool = True

    def __post_init__(self):
        super().__post_init__()
        get_objective(self.loss)
        if self.num_steps < 1 or not self.step_size > 0:
            raise InputError(
                f"num_steps and step_size must be above 0, not {self.num_steps}, {self.step_size}"
            )

    @property
    def name(self) -> str:
        """Name in reports, such as PGD-100 or PGD-100-dlr."""
        suffix = "" if self.loss == "xent" else f"-{name_objective(self.loss)}"
        return f"PGD-{self.num_steps}{suffix}"

    def require_applicable(self, num_classes: int) -> None:
        """Implements `Attack.require_applicable`."""
        require_classes(self.loss, num_classes)

    def make_objective(self, images, labels):
        """What this attack maximises, as a function of (points, logits) -> (N,)."""
        del images
        loss = get_objective(self.loss)
        return lambda points, logits: loss(logits, labels)

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        objective = self.make_objective(images, labels)
        start = images
        if self.random_start:
            start = norms.random_start(images, self.eps, self.norm, key, index)

        def iterate(i, current, best):
            values, logits, gradients = differentiate(
                objective, logits_fn, current, self.num_samples
            )
            best = keep_better(best, current, logits, values, labels)
            direction = norms.steepest_direction(gradients, self.norm)
            moved = norms.project(current + self.step_size * direction, images, self.eps, self.norm)
            return i + 1, moved, best

        num_steps, last, best = while_loop(
            lambda i, _, best: (i < self.num_steps) & ~is_finished(self, best[1]),
            iterate,
            (tf.constant(0), start, start_best(images)),
        )
        logits = logits_fn(last)
        best = keep_better(best, last, logits, objective(last, logits), labels)
        return Found(best[0], num_steps * self.num_samples, tf.constant(1))


def fgsm(*, eps: float, norm: str = "Linf", seed: int = 0) -> PGD:
    """The fast gradient sign method (Goodfellow et al. 2015): one step of eps from the image."""
    return PGD(eps=eps, norm=norm, step_size=eps, num_steps=1, random_start=False, seed=seed)


def start_best(images):
    """Nothing found yet: (images, is_success (N,), value (N,)), for `keep_better`."""
    is_success = tf.zeros_like(images[:, 0, 0, 0], tf.bool)
    return images, is_success, tf.fill(tf.shape(is_success), -float("inf"))


def keep_better(best, candidates, logits, values, labels):
    """Row by row the better of two: a success before a failure, then the larger value."""
    images, is_success, best_values = best
    succeeds = tf.argmax(logits, axis=1, output_type=tf.int32) != labels
    is_better = (succeeds & ~is_success) | ((succeeds == is_success) & (values > best_values))
    return (
        tf.where(norms.per_image(is_better), candidates, images),
        is_success | succeeds,
        tf.where(is_better, values, best_values),
    )
