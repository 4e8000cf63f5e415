"""Whether a model's logits have a gradient by the images, and attacks that survive a broken one.

if has_gradient(logits_fn, images): ...
attack.search(with_finite_gradients(logits_fn), ...)
"""

from collections.abc import Callable

import tensorflow as tf


def has_gradient(logits_fn, images) -> bool:
    """Whether a loss of the logits has a gradient by the images that is finite and not zero.

    Args:
        logits_fn: images (N, H, W, C) -> logits (N, K).
        images: (N, H, W, C); one pixel with a gradient is enough.
    """
    try:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.square(logits_fn(images)))
        gradient = tape.gradient(total, images)
    except Exception:  # No gradient registered, or one that fails: there is none to follow.
        return False
    if gradient is None:
        return False
    return bool(tf.reduce_any(tf.math.is_finite(gradient) & (gradient != 0)))


def with_finite_gradients(logits_fn: Callable) -> Callable:
    """The same logits, with 0 wherever their gradient by a pixel is NaN or infinite.

    A norm or a square root has such a gradient at 0, on black pixels. An attack that followed it
    would search among images of NaN, and its failure would pass for robustness.
    """

    @tf.custom_gradient
    def watch(images):
        def gradient(upstream):
            return tf.where(tf.math.is_finite(upstream), upstream, tf.zeros_like(upstream))

        return tf.identity(images), gradient

    return lambda images: logits_fn(watch(images))
