"""How many steps the attack of an update takes, and how long they are.

    planned_num_steps(step, config)          # 0 in the warm-up, then num_steps or the curriculum's
    step_size_of(num_steps, config)

A curriculum such as 3,7,20,40 divides the updates after the warm-up into equal parts. Early on a
few steps find what there is to find; at the end the adversary is that of evaluation. A number that
is written twice takes two parts. Everything is a tensor, so one compiled step serves all parts.
"""

import tensorflow as tf


def planned_num_steps(step, config):
    """Attack steps of an update before any fall-back.

    Args:
        step: number of the update, an integer scalar or vector, tensor or array.
        config: LoopConfig.

    Returns:
        int64 tensor of the shape of `step`: 0 before config.first_attacked_step.

    Reference: the idea of a growing number of steps is Cai, Liu & Song 2018.
    """
    step = tf.cast(step, tf.int64)
    counts = config.step_curriculum or (config.num_steps,)
    first = config.first_attacked_step
    part = (step - first) * len(counts) // max(config.train_steps - first, 1)
    part = tf.clip_by_value(part, 0, len(counts) - 1)
    planned = tf.gather(tf.constant(counts, tf.int64), part)
    return tf.where(step < first, tf.zeros_like(planned), planned)


def step_size_of(num_steps, config):
    """Length of each of `num_steps` steps: together they go as far as the configured attack.

    Args:
        num_steps: integer scalar tensor.
        config: LoopConfig; its step_size belongs to its num_steps.

    Returns:
        float32 scalar, in pixel units: step_size * config.num_steps / num_steps.
    """
    # The quotient first: it is exactly 1 where the attack is the configured one.
    taken = tf.cast(tf.maximum(num_steps, 1), tf.float32)
    return config.step_size * (config.num_steps / taken)
