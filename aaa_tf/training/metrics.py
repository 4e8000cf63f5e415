"""What a step reports: shares of means that add up over replicas, and counts of bad numbers."""

import tensorflow as tf

from aaa_tf.errors import NonFiniteError

_NON_FINITE = ("images", "gradients", "weights")


def shares(batch_size: int, **values) -> dict:
    """Each (n,) value summed and divided by the GLOBAL batch size: replicas' shares add up."""
    return {
        name: tf.reduce_sum(tf.cast(value, tf.float32)) / batch_size
        for name, value in values.items()
    }


def count_non_finite(images, gradients, weights) -> dict:
    """How many numbers are NaN or infinite in this replica's images, gradients and weights."""
    groups = dict(zip(_NON_FINITE, ([images], gradients, weights), strict=True))
    return {
        f"non_finite_{name}": tf.add_n(
            [tf.reduce_sum(tf.cast(~tf.math.is_finite(tensor), tf.float32)) for tensor in tensors]
        )
        for name, tensors in groups.items()
    }


def pop_non_finite(values: dict, step: int) -> dict:
    """Removes the counts from `values`; raises NonFiniteError if one of them is not zero."""
    for name in _NON_FINITE:
        count = values.pop(f"non_finite_{name}")
        if count:
            raise NonFiniteError(
                f"update {step}: {int(count)} NaN or infinite values in {name}; stopped, and the "
                "last good checkpoint is kept. Check the data, or lower --learning_rate"
            )
    return values
