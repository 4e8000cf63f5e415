"""The defended pipeline F(G(x)) in inference mode.

`make_defended_logits_fn` is what attacks and evaluation use; it takes any classifier function.
`build_defended_model` gives the same as a `keras.Model`, where the classifier is one. Training and
export need what G returns too, and compose the same two in `training.aaa` and `serving.pipeline`.
"""

import keras
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.image_models import require_image_model
from aaa_tf.python_functions import in_graphs


def make_defended_logits_fn(autoencoder, logits_fn):
    """F(G(x)) in inference mode, as one function that every attack differentiates end to end.

    Build it once per pair: compiled functions are cached by the identity of the callable.

    Args:
        autoencoder: Keras model G, or another function from images to images of the same shape.
        logits_fn: classifier F, images -> logits (N, classes).

    Returns:
        A function from images (N, H, W, C) in [0, 1] to float32 logits (N, classes).

    Reference: Vaishnavi et al. 2020, section 3, equation 2.
    """
    purify = make_purifier(autoencoder)

    def defended_logits(images):
        return tf.cast(logits_fn(purify(images)), tf.float32)

    return defended_logits


def make_purifier(autoencoder):
    """A Keras model in inference mode; another function so that graphs can hold it."""
    if not isinstance(autoencoder, keras.Layer):
        return in_graphs(autoencoder)

    def purify(images):
        return autoencoder(images, training=False)

    is_network = isinstance(autoencoder, keras.Model) and autoencoder.weights
    return purify if is_network else in_graphs(purify)


def build_defended_model(autoencoder: keras.Model, classifier: keras.Model) -> keras.Model:
    """The pipeline as a Keras model that shares the weights of both parts.

    Args:
        autoencoder: Keras model G.
        classifier: Functional or Sequential model F of one input, float images as G returns them,
            and one output.

    Returns:
        A Functional model: images (N, H, W, C) in [0, 1] -> what the classifier returns.

    Raises:
        InputError: a classifier that is none of these, or takes images of another shape.
    """
    classifier = require_image_model("the classifier", "classifier", classifier)
    require_same_shape(autoencoder, classifier.input_shape[1:])
    inputs = keras.Input(autoencoder.input_shape[1:])
    # Two loaded models are often both called "functional", and two layers of one model may not be.
    purified = _renamed(autoencoder, "aaa_autoencoder")(inputs, training=False)
    outputs = _renamed(classifier, "aaa_classifier")(purified, training=False)
    return keras.Model(inputs, outputs, name="aaa_defended")


def require_same_shape(autoencoder, image_shape):
    """Raises InputError unless the autoencoder is built for images of `image_shape`.

    None in `image_shape` stands for any size.
    """
    expected = tuple(autoencoder.input_shape[1:])
    fits = len(expected) == len(image_shape) and all(
        own in (None, size) for own, size in zip(image_shape, expected, strict=True)
    )
    if not fits:
        raise InputError(
            f"the classifier takes images of shape {tuple(image_shape)}, the autoencoder "
            f"{expected}; use an autoencoder trained for that shape"
        )


def _renamed(model, name):
    """The same graph of layers, weights shared, under another name."""
    return keras.Model(model.inputs[0], model.outputs[0], name=name)
