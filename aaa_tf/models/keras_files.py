"""Classifiers and autoencoders from Keras files, opened in safe mode, without their optimizer.

A classifier that ends in softmax is cut back to its logits: attacks on saturated probabilities
see no gradient.
"""

import os

import keras

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras, require_class_scores


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


def load_keras_classifier(path: str, preprocess) -> FrozenClassifier:
    """A classifier from a .keras or .h5 file; see `loading.load_classifier`."""
    model = load_keras_model(path, "classifier")
    if not hasattr(model, "outputs"):
        raise InputError(f"{path} holds a subclassed model; export it with model.export instead")
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
    require_class_scores(path, model.output_shape)
    return freeze_keras(path, _without_softmax(path, model), preprocess=preprocess)


def _without_softmax(path, model):
    """The model up to its logits. The loaded copy is ours, so its last activation may be set."""
    last = model.outputs[0]._keras_history.operation
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(model.inputs[0], last.input)
    activation = getattr(last, "activation", None)
    if activation is keras.activations.sigmoid:
        raise InputError(f"{path} ends in sigmoid (several labels per image); needed: softmax")
    if activation is keras.activations.softmax:
        last.activation = keras.activations.linear
    return model
