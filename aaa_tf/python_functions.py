"""Functions that TensorFlow cannot trace, such as NumPy's or PIL's, inside its graphs.

    purify = in_graphs(jpeg)         # images -> images, with a tensor or an array as its answer

They are called as they are, with a float32 tensor of which `np.asarray` makes an array, and have no
gradient: an attack that follows gradients is refused, or given a substitute (`make_bpda`). So are
those that draw random numbers of NumPy or Python, of which a graph would draw some once and keep
them: the attack would fit those alone.
"""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from aaa_tf.differentiability import make_probe_images
from aaa_tf.errors import first_line


def why_not_traced(function: Callable, images, *, autograph: bool = True) -> str:
    """Why no graph can hold a function, as where it computes with NumPy; "" if one can.

    Args:
        function: of one tensor; returns one.
        images: (N, H, W, C) to trace it with.
        autograph: whether a Python `if` on a tensor may become one of TensorFlow's.
    """

    def call(images):  # TensorFlow would make tensors of a function's own defaults
        return function(images)

    try:
        graph = tf.function(call, autograph=autograph, jit_compile=False)
        traced = graph.get_concrete_function(images)
        if _differs(function, images) and not _differs(traced, images):
            return "it draws random numbers that are not TensorFlow's, which a graph would keep"
    except Exception as error:  # the user's code may raise anything
        reason, kind = first_line(error), type(error).__name__
        return reason if reason.startswith(kind) else f"{kind}: {reason}"
    return ""


def _differs(function, images):
    """Whether a function answers the same images otherwise a second time, beyond rounding."""
    first, again = np.asarray(function(images)), np.asarray(function(images))
    return not np.allclose(first, again, 1e-4, 1e-4, equal_nan=True)


def make_opaque(function: Callable) -> Callable:
    """The same function of images as one operation without a gradient; it loses the shape."""

    def call(values):
        return np.asarray(function(tf.constant(values)), np.float32)

    # As one with state: where it draws random numbers, two calls are no one call.
    return lambda images: tf.numpy_function(call, [images], tf.float32, stateful=True)


def in_graphs(function: Callable, *, autograph: bool = True) -> Callable:
    """A front end as it is where it can be traced, and as one operation elsewhere.

    Args:
        function: images (N, H, W, C) float32 -> images, as a tensor or an array.
        autograph: see `why_not_traced`.

    Returns:
        A function of the same, tensor to tensor. Images of a size that the graph does not know are
        handed to a function as they are.
    """
    opaque = make_opaque(function)

    @functools.cache
    def is_traced(image_shape):
        probe = make_probe_images(image_shape, 2)
        return not why_not_traced(function, probe, autograph=autograph)

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
