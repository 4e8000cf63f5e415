"""Whether a model's logits have a gradient by the images, and attacks that survive a broken one.

if has_gradient(logits_fn, images): ...
attack.search(with_finite_gradients(logits_fn), ...)
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

_STEEP = 1e15


def has_gradient(logits_fn, images) -> bool:
    """Whether a loss of the logits has a gradient by the images that is finite and not zero.

    Args:
        logits_fn: images (N, H, W, C) -> logits (N, K).
        images: (N, H, W, C); one pixel with a gradient is enough.
    """
    gradient = _differentiate(logits_fn, images)[1]
    if gradient is None:
        return False
    return bool(tf.reduce_any(tf.math.is_finite(gradient) & (gradient != 0)))


def is_differentiable(logits_fn, images) -> bool:
    """Whether the logits have a gradient by the images at all, even if it is 0 at these."""
    return _differentiate(logits_fn, images)[1] is not None


def probe(logits_fn, images) -> bytes:
    """Logits and gradient at `images`, by which to tell one model from another."""
    logits, gradient = _differentiate(logits_fn, images)
    found = [np.asarray(logits), *([] if gradient is None else [gradient.numpy()])]
    return b"".join(array.tobytes() for array in found)


def _differentiate(logits_fn, images):
    """Logits, and the gradient of a combination of them; None where there is none to follow.

    In a graph, as attacks compute them: TensorFlow keeps the first gradient that is taken of a
    recurrent SavedModel, and one taken eagerly fails in every graph after it.
    """

    @tf.function(jit_compile=False)
    def compute(images):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            # No natural combination: a sum of probabilities, say, is constant.
            scores = tf.cast(logits_fn(images), tf.float32)
            total = tf.reduce_sum(scores * tf.random.stateless_normal(scores.shape[-1:], (0, 0)))
        return tape.gradient(total, images)

    try:
        gradient = compute(images)
    except tf.errors.ResourceExhaustedError:
        raise
    except Exception:  # none is registered, or one that fails
        gradient = None
    return logits_fn(images), gradient


def with_finite_gradients(logits_fn: Callable) -> Callable:
    """The same logits, with a finite gradient by every pixel: 0 for NaN, 1e15 for infinity.

    A norm or a square root has no finite gradient at 0, on black pixels. An attack that followed
    one would search among images of NaN, and its failure would pass for robustness. Rows of logits
    that are not finite become zeros: an attack takes them for better than any that are right.
    """

    @tf.custom_gradient
    def watch(images):
        def gradient(upstream):
            numbers = tf.where(tf.math.is_nan(upstream), tf.zeros_like(upstream), upstream)
            # Its square is finite too, and so is a sum of those.
            finite = tf.where(tf.math.is_inf(numbers), _STEEP * tf.sign(numbers), numbers)
            return tf.ensure_shape(finite, images.shape)  # some SavedModels lose the batch's size

        return tf.identity(images), gradient

    def finite_fn(images):
        logits = logits_fn(watch(images))
        is_finite = tf.reduce_all(tf.math.is_finite(logits), axis=1, keepdims=True)
        return tf.where(is_finite, logits, tf.zeros_like(logits))

    return finite_fn
