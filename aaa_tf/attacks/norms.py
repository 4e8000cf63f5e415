"""Geometry of the two threat models, "Linf" and "L2": distance, direction, projection, start.

Radii and distances are per example, shape (N,); images are (N, H, W, C) in [0, 1]. A zero gradient
gives a zero step, and any other a whole one, however small it is.
"""

import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.errors import require_known

NORMS = ("Linf", "L2")
_TINY = 1e-12


def per_image(values):
    """(N,) -> (N, 1, 1, 1), to meet images."""
    return tf.reshape(values, (-1, 1, 1, 1))


def length(vectors, norm: str):
    """Length of each (H, W, C) in its norm: (N, H, W, C) -> (N,)."""
    require_known("norm", norm, NORMS)
    if norm == "Linf":
        return tf.reduce_max(tf.abs(vectors), axis=(1, 2, 3))
    return tf.sqrt(tf.reduce_sum(tf.square(vectors), axis=(1, 2, 3)))


def normalize(vectors, norm: str):
    """Each (H, W, C) divided by its length; zero stays zero.

    Its largest entry becomes 1 first: squares of small gradients would vanish in float32.
    """
    largest = length(vectors, "Linf")
    scaled = vectors / per_image(tf.where(largest > 0, largest, 1.0))
    return scaled / per_image(length(scaled, norm) + _TINY)


def steepest_direction(gradients, norm: str):
    """The step of length 1 that a linear function rises most along: sign, or the unit gradient."""
    return tf.sign(gradients) if norm == "Linf" else normalize(gradients, norm)


def project(candidates, images, eps, norm: str):
    """Candidates brought within eps of their images, then into [0, 1].

    For L2 the second step shortens the perturbation further, so both constraints hold.
    """
    if norm == "Linf":
        return tf.clip_by_value(tf.clip_by_value(candidates, images - eps, images + eps), 0.0, 1.0)
    perturbation = candidates - images
    factor = tf.minimum(1.0, eps / (length(perturbation, norm) + _TINY))
    return tf.clip_by_value(images + per_image(factor) * perturbation, 0.0, 1.0)


def random_direction(images, norm: str, key, index):
    """A random vector per example: uniform in [-1, 1) for Linf, normal for L2."""
    shape = images.shape[1:]
    if norm == "Linf":
        return seeds.uniform_per_example(shape, key, index)
    return seeds.normal_per_example(shape, key, index)


def random_start(images, eps, norm: str, key, index):
    """A point drawn uniformly from the Linf ball, or uniformly in radius from the L2 ball.

    Example i is drawn from (key, index[i]) and nothing else; the result lies in [0, 1].
    """
    direction = random_direction(images, norm, key, index)
    if norm == "L2":
        radius = seeds.uniform_per_example((), seeds.fold_key(key, 1), index)
        direction = normalize(direction, norm) * per_image(0.5 * (radius + 1))
    return tf.clip_by_value(images + eps * direction, 0.0, 1.0)
