"""Functions that TensorFlow cannot trace, such as NumPy's or PIL's, inside its graphs.

    purify = in_graphs(jpeg)         # images -> images, with a tensor or an array as its answer

They are called as they are, with a float32 tensor of which `np.asarray` makes an array, and have no
gradient: an attack that follows gradients is refused, or given a substitute (`make_bpda`).
"""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from aaa_tf.differentiability import make_probe_images


def can_be_traced(function: Callable, images) -> bool:
    """Whether a graph can hold a function; not where it computes with NumPy in between."""
    try:
        tf.function(function, jit_compile=False).get_concrete_function(images)
    except Exception:  # the user's code may raise anything
        return False
    return True


def make_opaque(function: Callable) -> Callable:
    """The same function of images as one operation without a gradient; it loses the shape."""

    def call(values):
        return np.asarray(function(tf.constant(values)), np.float32)

    return lambda images: tf.numpy_function(call, [images], tf.float32, stateful=False)


def in_graphs(function: Callable) -> Callable:
    """A front end as it is where it can be traced, and as one operation elsewhere.

    Args:
        function: images (N, H, W, C) float32 -> images, as a tensor or an array.

    Returns:
        A function of the same, float32 tensor to tensor.
    """
    opaque = make_opaque(function)

    @functools.cache
    def is_traced(image_shape):
        return can_be_traced(function, make_probe_images(image_shape, 2))

    @functools.cache
    def shape_of_answer(image_shape):
        return np.asarray(function(make_probe_images(image_shape, 2))).shape[1:]

    def call(images):
        if tf.executing_eagerly():
            found = function(images)
            return found if tf.is_tensor(found) else tf.constant(np.asarray(found, np.float32))
        image_shape = tuple(images.shape[1:])
        with tf.init_scope():
            as_it_is = None in image_shape or is_traced(image_shape)
            shape = () if as_it_is else shape_of_answer(image_shape)
        if as_it_is:
            return function(images)
        return tf.ensure_shape(opaque(images), (images.shape[0], *shape))

    return call
