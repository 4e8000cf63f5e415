"""Devices: how many take part in a training, and what makes a run repeatable."""

import tensorflow as tf


def build_strategy(devices=None) -> tf.distribute.Strategy:
    """MirroredStrategy over all GPUs when there are several, else the one default device.

    Args:
        devices: names of devices to use instead, for instance two logical CPUs.
    """
    if devices is None and len(tf.config.list_physical_devices("GPU")) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(devices)


def make_deterministic() -> None:
    """Makes TensorFlow's own operations repeatable, bit for bit, at some cost in speed."""
    tf.config.experimental.enable_op_determinism()
