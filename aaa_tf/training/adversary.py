"""The adversary of a training, and what it remembers from one update to the next.

    state = AttackState(config, image_shape)                     # under the strategy's scope
    strength = plan_strength(step, config, state)
    adversarial_images = find_adversarial_images(
        logits_fn, images, labels, positions, step, strength, config, state
    )

PGD from a random start remembers nothing. Two recipes do: free replay keeps the perturbation of
each place in the batch (Shafahi et al. 2019), and the guard against catastrophic overfitting keeps
what it has seen and how often it doubled the steps. All of it is variables of `AttackState`, which
checkpoints hold, so that a resume is exact.
"""

from typing import NamedTuple

import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms, training_pgd
from aaa_tf.training import curriculum


class Strength(NamedTuple):
    """The attack of one update: scalar tensors, eps and step_size in pixel units."""

    eps: object
    step_size: object
    num_steps: object


class AttackState(tf.Module):
    """What the adversary remembers.

    Attributes:
        num_doublings: how often the guard has doubled the number of steps.
        best_robust_accuracy: of validation so far; 0 at first.
        accuracy_at_best: training accuracy in that epoch.
        perturbation: (batch_size, H, W, C), of free replay; None without it.
    """

    def __init__(self, config, image_shape):
        """`image_shape`: (H, W, C). To be made under the scope of the strategy."""
        super().__init__()
        self.num_doublings = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.best_robust_accuracy = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self.accuracy_at_best = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self.perturbation = None
        if config.free_replays > 1:
            # Every device writes its own rows of the global batch and zeros elsewhere; their sum
            # is the whole, on any number of devices.
            self.perturbation = tf.Variable(
                tf.zeros((config.batch_size, *image_shape)),
                trainable=False,
                aggregation=tf.VariableAggregation.SUM,
            )

    def num_steps(self, step, config):
        """Attack steps of update `step`, fall-backs included: int64 scalar."""
        doubled = tf.bitwise.left_shift(tf.ones((), tf.int64), self.num_doublings)
        return curriculum.planned_num_steps(step, config) * doubled

    def watch(self, tape, adversarial_images):
        """Lets `differentiate` ask for the gradient of the images, where free replay needs it."""
        if self.perturbation is not None:
            tape.watch(adversarial_images)

    def differentiate(
        self, tape, loss, weights, adversarial_images, images, positions, strength
    ) -> list:
        """Gradients of the weights; in free replay the same backward pass moves the perturbations.

        Args:
            tape: tf.GradientTape that recorded `loss`.
            loss: scalar.
            weights: list of variables.
            adversarial_images: (n, H, W, C), what the update was made on.
            images: (n, H, W, C), clean.
            positions: (n,), places in the global batch.
            strength: Strength of the update; without steps nothing is kept.

        Returns:
            One gradient for each of `weights`.

        Reference: Shafahi et al. 2019, algorithm 1. Perturbations start at zero and are handed on
        from batch to batch, as there; what is kept here also respects the range of pixels.
        """
        if self.perturbation is None:
            return tape.gradient(loss, weights)
        gradients, ascent = tape.gradient(loss, (weights, adversarial_images))
        direction = norms.steepest_direction(ascent, "Linf")
        moved = adversarial_images + strength.step_size * direction
        moved = norms.project(moved, images, strength.eps, "Linf") - images
        kept = tf.where(strength.num_steps > 0, moved, tf.zeros_like(moved))
        self.perturbation.assign(tf.scatter_nd(positions[:, None], kept, self.perturbation.shape))
        return gradients


def plan_strength(step, config, state=None, fraction=1.0) -> Strength:
    """The attack of update `step`.

    Args:
        step: int64 scalar tensor.
        config: LoopConfig.
        state: AttackState; None for an adversary without memory.
        fraction: of eps and step_size, for a ramp; in the warm-up eps is whole.
    """
    if state is None:
        num_steps = curriculum.planned_num_steps(step, config)
    else:
        num_steps = state.num_steps(step, config)
    return Strength(
        config.eps * tf.where(step < config.first_attacked_step, 1.0, fraction),
        curriculum.step_size_of(num_steps, config) * fraction,
        num_steps,
    )


def find_adversarial_images(
    logits_fn, images, labels, positions, step, strength, config, state=None, *, loss_fn=None
):
    """PGD from a random start, or from the perturbations that free replay kept.

    Args:
        logits_fn: what is attacked, in inference mode.
        images: (n, H, W, C) in [0, 1].
        labels: (n,) classes, or what `loss_fn` takes.
        positions: (n,), each example's place in the global batch.
        step: number of the update.
        strength: Strength. With free replay one step less is taken here, because the gradient of
            the update is the last.
        config: LoopConfig.
        state: AttackState, needed for free replay.
        loss_fn: see `training_pgd.projected_gradient_descent`.

    Returns:
        (n, H, W, C) within eps; with no steps, uniform noise of size eps.
    """
    key = seeds.fold_in(config.seed, seeds.ATTACK_START, step)
    start = norms.random_start(images, strength.eps, "Linf", key, positions)
    num_steps = strength.num_steps
    if config.free_replays > 1:
        kept = images + tf.gather(state.perturbation, positions)
        kept = norms.project(kept, images, strength.eps, "Linf")
        start = tf.where(num_steps > 0, kept, start)
        num_steps = num_steps - 1
    return training_pgd.projected_gradient_descent(
        logits_fn,
        images,
        labels,
        eps=strength.eps,
        step_size=strength.step_size,
        num_steps=num_steps,
        start=start,
        loss_fn=loss_fn,
    )


def measure_cost(labels, strength, config, gradients_per_update: int = 1) -> dict:
    """What an update costs: this replica's shares of two numbers.

    Args:
        labels: (n,), of the replica's examples.
        strength: Strength; num_steps is 0 without an attack.
        config: LoopConfig; with free replay the last step is the update's own gradient.
        gradients_per_update: backward passes of the update itself, for each example.

    Returns:
        "num_steps", a share of the attack's steps, and "num_gradients", the gradients of single
        examples that the replica computed, as float32. Forward passes alone do not count.
    """
    num_steps = tf.cast(strength.num_steps, tf.float32)
    own_steps = tf.maximum(num_steps - 1, 0) if config.free_replays > 1 else num_steps
    num_examples = tf.cast(tf.shape(labels)[0], tf.float32)
    return {
        "num_steps": num_steps * num_examples / config.batch_size,
        "num_gradients": (own_steps + gradients_per_update) * num_examples,
    }
