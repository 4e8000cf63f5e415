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
        path: .keras, .h5, or a directory with a saved_model.pb.
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
    if not os.path.exists(path):
        raise InputError(f"no classifier at {path}; give a .keras or .h5 file or a SavedModel")
    preprocess = make_preprocess(pixel_range, mean, std)
    if os.path.isdir(path):
        classifier = _load_saved_model(path, signature, preprocess)
    else:
        classifier = _load_keras(path, preprocess)
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


def load_keras_model(path: str, what: str) -> keras.Model:
    """Opens a Keras file in safe mode; InputError says what is wrong with it, naming `what`."""
    if not os.path.isfile(path):
        raise InputError(f"no {what} at {path}; give a .keras or .h5 file")
    if not path.endswith((".keras", ".h5", ".hdf5")):
        raise InputError(f"{path} is not a .keras or .h5 file, so it cannot be loaded as {what}")
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises a dozen types for a bad file; the cause is kept.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise InputError(
            f"{path} cannot be loaded as {what} (damaged, cut off, or not written by Keras?): "
            f"{type(error).__name__}: {reason}"
        ) from error


def _load_keras(path, preprocess):
    model = load_keras_model(path, "classifier")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "a classifier has one of each"
        )
    if len(model.input_shape) != 4:
        raise InputError(
            f"{path} takes input of shape {model.input_shape}; "
            "an image classifier takes (batch, height, width, channels)"
        )
    _require_class_scores(path, model.output_shape)
    return freeze_keras(path, _without_softmax(path, model), preprocess=preprocess)


def _require_class_scores(path, output_shape):
    if len(output_shape) != 2 or output_shape[-1] is None or output_shape[-1] < 2:
        raise InputError(
            f"{path} returns {tuple(output_shape)}; needed: one score per class, (batch, classes), "
            "at least two classes"
        )


def _without_softmax(path, model):
    """The model up to its logits. The loaded copy is ours, so its last activation may be set."""
    last = model.outputs[0]._keras_history.operation
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(model.inputs, last.input)
    activation = getattr(last, "activation", None)
    if activation is keras.activations.sigmoid:
        raise InputError(f"{path} ends in sigmoid (several labels per image); needed: softmax")
    if activation is keras.activations.softmax:
        last.activation = keras.activations.linear
    return model


def _load_saved_model(path, signature, preprocess):
    if not os.path.exists(os.path.join(path, "saved_model.pb")):
        raise InputError(f"{path} holds no saved_model.pb; give a .keras file or a SavedModel")
    try:
        loaded = tf.saved_model.load(path)
    except Exception as error:  # as for Keras files
        raise InputError(
            f"{path} cannot be loaded as SavedModel: {type(error).__name__}"
        ) from error
    if signature not in loaded.signatures:
        known = ", ".join(sorted(loaded.signatures)) or "none"
        raise InputError(f"{path} has no signature '{signature}'; known: {known}")
    function = loaded.signatures[signature]
    inputs = function.structured_input_signature[1]
    outputs = function.structured_outputs
    output_name = "logits" if "logits" in outputs else next(iter(outputs), None)
    if len(inputs) != 1 or ("logits" not in outputs and len(outputs) != 1):
        raise InputError(
            f"signature {signature} of {path} has inputs {sorted(inputs)} and outputs "
            f"{sorted(outputs)}; needed: one input, and one output or one called logits"
        )
    ((input_name, spec),) = inputs.items()
    if spec.dtype != tf.float32 or spec.shape.rank != 4:
        raise InputError(
            f"{path} takes {spec.dtype.name} of shape {spec.shape}; "
            "needed: float32 images (batch, height, width, channels)"
        )
    _require_class_scores(path, outputs[output_name].shape)

    def scores_fn(images):
        pixels = images if preprocess is None else preprocess(images)
        return tf.cast(function(**{input_name: pixels})[output_name], tf.float32)

    return FrozenClassifier(
        path, scores_fn, tuple(spec.shape[1:]), outputs[output_name].shape[-1], loaded
    )


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
