"""What a classifier's scores are: logits, the probabilities of one label, or several labels'.

    classifier = with_logits(classifier, make_images(classifier))

Probabilities become their logarithm, floored; several labels are refused.
"""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from aaa_tf.differentiability import make_probe_images
from aaa_tf.errors import InputError, first_line
from aaa_tf.models.softmax_heads import ends_in_linear_dense

_PROBABILITY_FLOOR = 1e-12
_FAR = 1e3
_NUM_IMAGES = 8
_ANY = (32, 32, 3)
_FLOOR_WARNING = (
    "classifier {} returns probabilities and hides its logits: their logarithm is used, floored at "
    "1e-12. Gradients vanish where it is confident, so white-box robustness is overestimated"
)


def with_logits(classifier, images):
    """A FrozenClassifier whose `logits_fn` returns logits, whatever its scores are.

    Args:
        classifier: FrozenClassifier; `logits_fn` may return probabilities.
        images: (N, H, W, C) to try it with.

    Raises:
        InputError: it fails on images, or returns NaN or scores of several labels.

    Warns where it hides its logits.
    """
    scores = compute_scores(classifier, images)
    if _is_in_unit_range(scores) and not ends_in_linear_dense(classifier.resource):
        return _from_bounded_scores(classifier, scores, images)
    return classifier


def compute_scores(classifier, images) -> np.ndarray:
    """Scores (N, classes) of images.

    Raises:
        InputError: it fails, returns another shape, or NaN or infinity.
    """
    try:
        scores = classifier.logits_fn(images).numpy()
    except Exception as error:  # a graph from a file can fail in any way, when it runs
        raise InputError(
            f"classifier {classifier.name} fails on images of shape {tuple(images.shape)}: "
            f"{type(error).__name__}: {first_line(error)}"
        ) from error
    if scores.shape != (len(images), classifier.num_classes):
        raise InputError(
            f"classifier {classifier.name} returns {scores.shape} for {len(images)} images and "
            f"{classifier.num_classes} classes; needed: one row for each image"
        )
    if not np.isfinite(scores).all():
        raise InputError(f"classifier {classifier.name} returns NaN or infinity for random images")
    return scores


def make_images(classifier, image_shape=None):
    """Eight random images of a classifier's size; of `image_shape` where it takes any."""
    sizes = zip(classifier.image_shape, image_shape or _ANY, _ANY, strict=True)
    return make_probe_images([own or given or some for own, given, some in sizes], _NUM_IMAGES)


def _with_one_pixel_out(images):
    outside = images.numpy()
    outside[:, 0, 0, 0] = 1.1
    return tf.constant(outside)


def _is_in_unit_range(scores):
    return scores.min() >= 0 and scores.max() <= 1


def _from_bounded_scores(classifier, scores, images):
    """Scores in [0, 1]: probabilities, several labels, or logits that happen to be small.

    Images far out of range tell the last two apart: logits leave [0, 1] there, a sigmoid cannot.
    Pipelines that this program exports answer zeros to images barely out of range.
    """
    if not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        far = np.concatenate([classifier.logits_fn(_FAR * s * images).numpy() for s in (-1, 1)])
        if np.isfinite(far).all() and not _is_in_unit_range(far):
            return classifier
        if scores.any() and not classifier.logits_fn(_with_one_pixel_out(images)).numpy().any():
            return classifier
        raise InputError(
            f"classifier {classifier.name} returns scores in [0, 1] that do not sum to 1 "
            "(several labels per image?); needed: logits or softmax probabilities"
        )
    warnings.warn(_FLOOR_WARNING.format(classifier.name), stacklevel=5)

    def logits_fn(images):
        return tf.math.log(tf.maximum(classifier.logits_fn(images), _PROBABILITY_FLOOR))

    return dataclasses.replace(classifier, logits_fn=logits_fn, copy_in_precision=None)
