"""The adversary of a training: how strong it is at an update, what it finds, what that costs.

    state = AttackState(config, image_shape)                     # see attack_state.py
    strength = plan_strength(step, config, state)
    adversarial_images = find_adversarial_images(
        logits_fn, images, labels, positions, step, strength, config, state
    )

PGD from a random start, or from the perturbations that free replay kept. The number of steps is a
tensor, so curriculum, warm-up and fall-backs all run in one compiled step.
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


def plan_strength(step, config, state=None) -> Strength:
    """The attack of update `step`.

    Args:
        step: int64 scalar tensor.
        config: LoopConfig.
        state: AttackState; None for an adversary without memory.

    Returns:
        A Strength; in the warm-up eps is whole, for its uniform noise.
    """
    fraction = attack_strength(step, config)
    if state is None:
        num_steps = curriculum.planned_num_steps(step, config)
    else:
        num_steps = state.num_steps(step, config)
    return Strength(
        config.eps * tf.where(step < config.first_attacked_step, 1.0, fraction),
        curriculum.step_size_of(num_steps, config) * fraction,
        num_steps,
    )


def attack_strength(step, config):
    """Fraction of eps and step_size at this update: 0 before the ramp, 1 after it."""
    since_warmup = tf.cast(step - config.first_attacked_step + 1, tf.float32)
    return tf.clip_by_value(since_warmup / float(max(config.ramp_steps, 1)), 0.0, 1.0)


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
    num_steps = strength.num_steps

    def draw_start():
        return norms.random_start(images, strength.eps, "Linf", key, positions)

    if config.free_replays > 1:
        start = tf.cond(
            num_steps > 0, lambda: state.kept_start(images, positions, strength.eps), draw_start
        )
        num_steps = num_steps - 1
    else:
        start = draw_start()
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
