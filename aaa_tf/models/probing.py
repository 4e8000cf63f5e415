"""Runs a classifier: what do its scores mean, does it keep to them, is there a gradient?

    classifier = probe(classifier, image_shape=(28, 28, 1))

Scores that are probabilities become their logarithm, floored; scores of several labels are
refused; a missing gradient is noted in `has_gradient`, randomness in `is_repeatable`.
"""

import dataclasses
import warnings

import numpy as np

from aaa_tf.differentiability import has_gradient
from aaa_tf.errors import InputError
from aaa_tf.models.frozen import FrozenClassifier
from aaa_tf.models.scores import compute_scores, make_images, with_logits

_NUM_FEWER = 3
_TOLERANCE = 1e-3
_RANDOM_WARNING = (
    "classifier {} answers the same images differently from call to call, or changes its own "
    "variables: dropout, augmentation or batch statistics are still at work in it, so nothing can "
    "be trained against it or exported; save it so that it computes as training=False does"
)


def probe(classifier: FrozenClassifier, image_shape=None) -> FrozenClassifier:
    """The classifier with logits for scores, `has_gradient` and `is_repeatable` known.

    Args:
        classifier: as loaded; `logits_fn` may return probabilities.
        image_shape: (height, width, channels) of the images it is meant for; None, or None in it,
            if unknown.

    Returns:
        A FrozenClassifier.

    Raises:
        InputError: it takes another number of channels, fails on images, or returns NaN or scores
            of several labels.
    """
    _require_channels(classifier, image_shape)
    images = make_images(classifier, image_shape)
    before = classifier.fingerprint()
    classifier = with_logits(classifier, images)
    is_repeatable = _answers_again(classifier, images) and classifier.fingerprint() == before
    if not is_repeatable:
        warnings.warn(_RANDOM_WARNING.format(classifier.name), stacklevel=4)
    return dataclasses.replace(
        classifier,
        has_gradient=has_gradient(classifier.logits_fn, images),
        is_repeatable=is_repeatable,
    )


def _answers_again(classifier, images):
    """Whether the same images get the same logits again, also with fewer beside them."""
    first, again = compute_scores(classifier, images), compute_scores(classifier, images)
    fewer = compute_scores(classifier, images[:_NUM_FEWER])
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
