"""Any classifier a user has, from a file, as a FrozenClassifier.

    native = load_classifier("my_classifier.keras")
    native = load_classifier("serving/my_model/1")          # SavedModel, signature serving_default
    native = load_classifier("my.h5", pixel_range=(0, 255), mean=(123, 117, 104), std=(1, 1, 1))

The file is opened in Keras' safe mode, without its optimizer. A Keras model that ends in softmax
gives its pre-softmax logits; other probabilities are floored and their logarithm taken.
"""

import dataclasses
import os
import warnings

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.models.keras_files import load_keras_classifier, load_keras_model
from aaa_tf.models.madry_checkpoints import import_madry_checkpoint, is_checkpoint
from aaa_tf.models.saved_models import load_saved_model_classifier

_PROBABILITY_FLOOR = 1e-12
_FLOOR_WARNING = (
    "classifier {} returns probabilities and hides its logits: their logarithm is used, floored at "
    "1e-12. Gradients vanish where it is confident, so white-box robustness is overestimated"
)


def load_classifier(
    path: str,
    *,
    image_shape=None,
    signature: str = "serving_default",
    pixel_range=(0.0, 1.0),
    mean=None,
    std=None,
) -> FrozenClassifier:
    """Loads a classifier from a Keras file or a SavedModel directory.

    Args:
        path: .keras, .h5, a directory with a saved_model.pb, or the prefix of a checkpoint of
            Madry's challenges.
        image_shape: (height, width, channels) to probe it with, where it takes any size.
        signature: which signature of a SavedModel maps images to logits or probabilities.
        pixel_range: the range (low, high) of the pixels that the classifier was trained on.
        mean: per-channel mean, subtracted after the change of range; None for none.
        std: per-channel deviation, divided by after that; None for none.

    Returns:
        A FrozenClassifier that takes images in [0, 1].

    Raises:
        InputError: missing, truncated or foreign file; an input that is no image batch; an output
            that is not one row of class scores.
    """
    path = str(path).rstrip("/")
    preprocess = make_preprocess(pixel_range, mean, std)
    if is_checkpoint(path):
        classifier = freeze_keras(path, import_madry_checkpoint(path), preprocess=preprocess)
    elif not os.path.exists(path):
        raise InputError(f"no classifier at {path}; give a .keras or .h5 file or a SavedModel")
    elif os.path.isdir(path):
        classifier = load_saved_model_classifier(path, signature, preprocess)
    else:
        classifier = load_keras_classifier(path, preprocess)
    return _probe(classifier, image_shape)


def make_preprocess(pixel_range, mean, std):
    """The map from [0, 1] to a classifier's own pixels, or None where it is the identity."""
    low, high = pixel_range
    if not low < high:
        raise InputError(f"pixel_range must rise, not {low} to {high}")
    if std is not None and not np.all(np.asarray(std) > 0):
        raise InputError(f"std must be above 0, not {std}")
    if (low, high) == (0, 1) and mean is None and std is None:
        return None
    shift = low - np.asarray(0 if mean is None else mean, np.float32)
    scale = np.asarray(1 if std is None else std, np.float32)
    return lambda images: (images * np.float32(high - low) + shift) / scale


def _probe(classifier, image_shape):
    """Runs the classifier once: probabilities become logits, a missing gradient is noted."""
    images = _random_images(classifier, image_shape)
    scores = classifier.logits_fn(images).numpy()
    if not np.isfinite(scores).all():
        raise InputError(f"classifier {classifier.name} returns NaN or infinity for random images")
    if scores.min() >= 0 and scores.max() <= 1:
        classifier = _from_probabilities(classifier, scores)
    return dataclasses.replace(classifier, has_gradient=_has_gradient(classifier.logits_fn, images))


def _random_images(classifier, image_shape):
    shape = [
        given if own is None else own
        for own, given in zip(classifier.image_shape, image_shape or (32, 32, 3), strict=True)
    ]
    return tf.constant(np.random.default_rng(0).random((8, *shape), np.float32))


def _from_probabilities(classifier, scores):
    if not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            f"classifier {classifier.name} returns scores in [0, 1] that do not sum to 1 "
            "(several labels per image?); needed: logits or softmax probabilities"
        )
    warnings.warn(_FLOOR_WARNING.format(classifier.name), stacklevel=4)

    def logits_fn(images):
        return tf.math.log(tf.maximum(classifier.logits_fn(images), _PROBABILITY_FLOOR))

    return dataclasses.replace(classifier, logits_fn=logits_fn, copy_in_precision=None)


def _has_gradient(logits_fn, images):
    try:
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.square(logits_fn(images)))
        gradient = tape.gradient(total, images)
    except LookupError:  # an operation without a registered gradient
        return False
    return gradient is not None and bool(tf.reduce_any(gradient != 0))


def load_autoencoder(path: str) -> keras.Model:
    """Loads an autoencoder that a training has written.

    Args:
        path: a .keras file, or the run directory that holds autoencoder.keras.

    Returns:
        The Keras model, images in [0, 1] -> images of the same shape.

    Raises:
        InputError: missing or damaged file, or a model that returns another shape than it takes.
    """
    if os.path.isdir(path):
        path = os.path.join(path, "autoencoder.keras")
    autoencoder = load_keras_model(path, "autoencoder")
    if autoencoder.input_shape != autoencoder.output_shape:
        raise InputError(
            f"{path} maps {autoencoder.input_shape[1:]} to {autoencoder.output_shape[1:]}; "
            "an autoencoder returns the shape it takes"
        )
    return autoencoder
