"""Runs a classifier: what do its scores mean, does it keep to them, is there a gradient?

    classifier = probe(classifier, image_shape=(28, 28, 1))

Scores that are probabilities become their logarithm, floored; scores of several labels are
refused; a missing gradient is noted in `has_gradient`, randomness in `is_repeatable`.
"""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from aaa_tf.differentiability import has_gradient, make_probe_images
from aaa_tf.errors import InputError, first_line
from aaa_tf.models.frozen import FrozenClassifier
from aaa_tf.models.softmax_heads import ends_in_linear_dense

_PROBABILITY_FLOOR = 1e-12
_FAR = 1e3
_NUM_IMAGES = 8
_NUM_FEWER = 3
_TOLERANCE = 1e-3
_FLOOR_WARNING = (
    "classifier {} returns probabilities and hides its logits: their logarithm is used, floored at "
    "1e-12. Gradients vanish where it is confident, so white-box robustness is overestimated"
)
_RANDOM_WARNING = (
    "classifier {} answers the same images differently from call to call, or changes its own "
    "variables: dropout, augmentation or batch statistics are still at work in it, so nothing can "
    "be trained against it or exported; save it so that it computes as training=False does"
)


def probe(classifier: FrozenClassifier, image_shape=None) -> FrozenClassifier:
    """The classifier with logits for scores, `has_gradient` and `is_repeatable` known.

    Args:
        classifier: as loaded; `logits_fn` may return probabilities.
        image_shape: (height, width, channels) of the images it is meant for; None if unknown.

    Returns:
        A FrozenClassifier.

    Raises:
        InputError: it takes another number of channels, fails on images, or returns NaN or scores
            of several labels.
    """
    _require_channels(classifier, image_shape)
    images = _random_images(classifier, image_shape)
    before = classifier.fingerprint()
    scores = _compute(classifier, images)
    if _is_in_unit_range(scores) and not ends_in_linear_dense(classifier.resource):
        classifier = _from_bounded_scores(classifier, scores, images)
    is_repeatable = _answers_again(classifier, images) and classifier.fingerprint() == before
    if not is_repeatable:
        warnings.warn(_RANDOM_WARNING.format(classifier.name), stacklevel=4)
    return dataclasses.replace(
        classifier,
        has_gradient=has_gradient(classifier.logits_fn, images),
        is_repeatable=is_repeatable,
    )


def _compute(classifier, images):
    """Scores (N, classes), a NumPy array."""
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


def _answers_again(classifier, images):
    """Whether the same images get the same logits again, also with fewer beside them."""
    first, again = _compute(classifier, images), _compute(classifier, images)
    fewer = _compute(classifier, images[:_NUM_FEWER])
    unit = max(1.0, np.ptp(first))
    if np.abs(again - first).max() > _TOLERANCE * unit:
        return False
    # A GPU may compute batches of another size in another arithmetic.
    return np.abs(fewer - first[:_NUM_FEWER]).max() <= 10 * _TOLERANCE * unit


def _require_channels(classifier, image_shape):
    own = classifier.image_shape[-1]
    if image_shape is None or own is None or own == image_shape[-1]:
        return
    if tuple(classifier.image_shape) == (image_shape[-1], *image_shape[:-1]):
        raise InputError(
            f"classifier {classifier.name} takes channels first, {classifier.image_shape}; needed: "
            "(height, width, channels); put keras.layers.Permute((3, 1, 2)) before it"
        )
    kinds = {1: "grey", 3: "colour"}
    own_kind, given_kind = (kinds.get(n, f"{n}-channel") for n in (own, image_shape[-1]))
    raise InputError(
        f"classifier {classifier.name} takes {own_kind} images, {classifier.image_shape}, and the "
        f"data are {given_kind}, {tuple(image_shape)}; take one trained on {given_kind} images"
    )


def _random_images(classifier, image_shape):
    shape = [
        given if own is None else own
        for own, given in zip(classifier.image_shape, image_shape or (32, 32, 3), strict=True)
    ]
    return make_probe_images(shape, _NUM_IMAGES)


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
