"""Classifiers from SavedModel directories, through one of their signatures."""

import os

import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import FrozenClassifier, require_class_scores


def load_saved_model_classifier(path: str, signature: str, preprocess) -> FrozenClassifier:
    """A classifier from a SavedModel directory; see `loading.load_classifier`."""
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
    input_name, spec, output_name, scores = _single_input_and_output(path, signature, function)
    if spec.dtype != tf.float32 or spec.shape.rank != 4:
        raise InputError(
            f"{path} takes {spec.dtype.name} of shape {spec.shape}; "
            "needed: float32 images (batch, height, width, channels)"
        )
    require_class_scores(path, scores.shape)

    def scores_fn(images):
        pixels = images if preprocess is None else preprocess(images)
        return tf.cast(function(**{input_name: pixels})[output_name], tf.float32)

    return FrozenClassifier(
        path, scores_fn, tuple(spec.shape[1:]), scores.shape[-1], loaded, tuple(function.variables)
    )


def _single_input_and_output(path, signature, function):
    """Names and specs of a signature's one input, and of its one output or the one of logits."""
    inputs, outputs = function.structured_input_signature[1], function.structured_outputs
    if len(inputs) != 1 or ("logits" not in outputs and len(outputs) != 1):
        raise InputError(
            f"signature {signature} of {path} has inputs {sorted(inputs)} and outputs "
            f"{sorted(outputs)}; needed: one input, and one output or one called logits"
        )
    output_name = "logits" if "logits" in outputs else next(iter(outputs))
    ((input_name, spec),) = inputs.items()
    return input_name, spec, output_name, outputs[output_name]
