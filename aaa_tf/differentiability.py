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
    found = _differentiate(logits_fn, images)
    return b"".join(np.asarray(part).tobytes() for part in found if part is not None)


def make_probe_images(image_shape, num_images: int):
    """Images in [0, 1], half of them noise, half smooth: some defences answer nothing to noise.

    Args:
        image_shape: (H, W, C).
        num_images: at least 2.

    Returns:
        (num_images, H, W, C) float32, the same at every call.
    """
    rng, num_smooth = np.random.default_rng(0), num_images // 2
    noise = rng.random((num_images - num_smooth, *image_shape), np.float32)
    return tf.concat([noise, make_smooth_noise(rng, image_shape, num_smooth)], axis=0)


def make_smooth_noise(rng, image_shape, num_images: int):
    """Nine random pixels drawn large: (num_images, H, W, C) float32 in [0, 1], from a NumPy rng."""
    coarse = rng.random((num_images, 3, 3, image_shape[-1]), np.float32)
    return tf.image.resize(coarse, image_shape[:2])


def gradient_or_none(differentiate: Callable, *arguments):
    """What a compiled gradient returns; None if it fails, as operations without one do."""
    try:
        return differentiate(*arguments)
    except tf.errors.ResourceExhaustedError:
        raise
    except Exception:  # none is registered, or one that fails in its own way
        return None


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

    return logits_fn(images), gradient_or_none(compute, images)


def with_finite_gradients(logits_fn: Callable) -> Callable:
    """The same logits in float32, with finite gradients: 0 for NaN, 1e15 for infinity.

    A norm or a square root has no finite gradient at 0, on black pixels. An attack that followed
    one would search among images of NaN, and its failure would pass for robustness. Infinite logits
    become 1e15 with their sign, so the largest stays the largest. A row with NaN, which names no
    class, becomes zeros: an attack takes it for better than any that is right.
    """

    @tf.custom_gradient
    def watch(images):
        def gradient(upstream):
            numbers = tf.where(tf.math.is_nan(upstream), tf.zeros_like(upstream), upstream)
            # Some SavedModels lose the batch's size.
            return tf.ensure_shape(_bound_infinite(numbers), images.shape)

        return tf.identity(images), gradient

    def finite_fn(images):
        logits = tf.cast(logits_fn(watch(images)), tf.float32)
        is_nan = tf.reduce_any(tf.math.is_nan(logits), axis=1, keepdims=True)
        return _bound_infinite(tf.where(is_nan, tf.zeros_like(logits), logits))

    return finite_fn


def _bound_infinite(values):
    """Infinities become a number whose square is finite too, and so is a sum of those."""
    return tf.where(tf.math.is_inf(values), _STEEP * tf.sign(values), values)
