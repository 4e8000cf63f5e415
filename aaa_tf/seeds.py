"""Random draws that depend on nothing but (seed, stream, step, example index).

A draw made this way is the same on one device and on many, before and after a resume, and however
examples are packed into batches; a stateful generator is none of that.
"""

import numpy as np
import tensorflow as tf

# One stream per purpose, so that no two attacks ever share a draw. NumPy's generators (order of
# examples, shifts, natives) are seeded apart: some share a seed, and draw different things.
ATTACK_START, NATIVE_DRAW, EVALUATION_START, AUGMENTATION = 1, 2, 3, 4


def fold_in(seed, *values):
    """A stateless seed of shape (2,) derived from an integer seed and integers (or tensors)."""
    key = tf.stack([tf.cast(seed, tf.int64), tf.constant(0, tf.int64)])
    return fold_key(key, *values)


def fold_key(key, *values):
    """A stateless seed derived from another one and integers (or tensors)."""
    for value in values:
        key = tf.random.experimental.stateless_fold_in(key, tf.cast(value, tf.int64))
    return key


def uniform_per_example(example_shape, key, index):
    """Uniform draws in [-1, 1), one example at a time.

    Args:
        example_shape: shape of one example, without the batch dimension.
        key: stateless seed of shape (2,), from `fold_in`.
        index: (N,) integers; the i-th row of the result depends only on `key` and `index[i]`.

    Returns:
        Float32 tensor of shape (N, *example_shape).
    """
    return _draw_per_example(
        lambda seed: tf.random.stateless_uniform(example_shape, seed, -1.0, 1.0), key, index
    )


def normal_per_example(example_shape, key, index):
    """Standard normal draws, one example at a time; otherwise as `uniform_per_example`."""
    return _draw_per_example(
        lambda seed: tf.random.stateless_normal(example_shape, seed), key, index
    )


def _draw_per_example(draw, key, index):
    return tf.map_fn(
        lambda i: draw(tf.random.experimental.stateless_fold_in(key, i)),
        tf.cast(index, tf.int64),
        fn_output_signature=tf.float32,
    )


def permutation(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of the training examples in one epoch: a permutation of range(size)."""
    return np.random.default_rng([seed, epoch]).permutation(size)
