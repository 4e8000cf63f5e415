"""The functions that an exported pipeline consists of, one for each signature.

    endpoints = make_endpoints(autoencoder, classifier, class_names=("zero", "one"))
    outputs = endpoints["serving_default"].function(images)

serving_default    float32 images in [0, 1], purified, then classified
predict_uint8      the same for uint8 images, 0 to 255
purify             the autoencoder alone
classify_undefended  the classifier alone, for comparison

What a served model gets is hostile. A tensor of the wrong rank or size is an error. A row that is
no image (NaN, infinite, out of range) is answered: `valid` false, `class` -1, `label` "" and zeros,
because one bad row must not fail the requests that a server has merged with it. Such a row never
reaches a convolution, where NaN would turn into a confident answer. Dimension 0 of every output is
the batch, which may be empty.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from aaa_tf.errors import InputError

RANGE_TOLERANCE = 1e-6
"""How far a pixel may be outside [0, 1]: up to there it is clipped, beyond, its row is invalid."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One signature: `function` maps a tensor of `spec` to a dict of named tensors."""

    function: Callable
    spec: tf.TensorSpec


def make_endpoints(autoencoder, classifier, class_names=None) -> dict[str, Endpoint]:
    """The signatures of a pipeline by name.

    Args:
        autoencoder: Keras model G, images -> images of the same, fixed, shape.
        classifier: FrozenClassifier F.
        class_names: name of each class; None for "0", "1", ...

    Returns:
        Endpoints "serving_default", "predict_uint8", "purify", "classify_undefended".

    Raises:
        InputError: if the autoencoder takes images of any size, or names and classes differ.
    """
    shape = tuple(autoencoder.input_shape[1:])
    if None in shape:
        raise InputError(
            f"the autoencoder takes images of shape {shape}; a served pipeline needs a fixed size: "
            "build the autoencoder with one"
        )
    class_names = require_class_names(class_names, classifier.num_classes)

    def purify(images):
        return _purification(images, autoencoder(images, training=False))

    def classify_undefended(images):
        return _classification(classifier.logits_fn(images))

    def serve(images):
        outputs = purify(images)
        return outputs | classify_undefended(outputs["purified"])

    def serve_pixels(pixels):
        return serve(tf.cast(pixels, tf.float32) / 255.0)

    def make(function, spec):
        return Endpoint(_screened(function, spec, class_names), spec)

    floats = tf.TensorSpec((None, *shape), tf.float32, name="images")
    pixels = tf.TensorSpec((None, *shape), tf.uint8, name="images")
    return {
        "serving_default": make(serve, floats),
        "predict_uint8": make(serve_pixels, pixels),
        "purify": make(purify, floats),
        "classify_undefended": make(classify_undefended, floats),
    }


def require_class_names(class_names, num_classes: int) -> tuple[str, ...]:
    """`class_names` as a tuple, numbers for None; InputError unless there is one for each class."""
    if class_names is None:
        return tuple(str(number) for number in range(num_classes))
    class_names = tuple(class_names)
    if len(class_names) != num_classes:
        raise InputError(
            f"{len(class_names)} class names for {num_classes} classes; give one for each class"
        )
    if not all(class_names) or len(set(class_names)) < num_classes:
        raise InputError("class names must differ and not be empty; empty means an invalid image")
    return class_names


def _purification(images, purified):
    difference = tf.reshape(purified - images, (tf.shape(images)[0], -1))
    return {
        "purified": purified,
        "perturbation_l2": tf.norm(difference, axis=1),
        "perturbation_linf": tf.reduce_max(tf.abs(difference), axis=1),
    }


def _classification(logits):
    return {
        "logits": logits,
        "probabilities": tf.nn.softmax(logits),
        "class": tf.argmax(logits, axis=1),
    }


def _screened(function, spec, class_names):
    """`function` behind the checks of its input and of its output."""

    def screened(images):
        # First of all operations: a convolution given a wrong rank would abort the server.
        images = tf.ensure_shape(images, spec.shape)
        images, is_valid = _screen_rows(images)
        size = tf.shape(images)[0]
        outputs = function(_pad_to_one_row(images, size, spec.shape[1:]))
        outputs = {name: value[:size] for name, value in outputs.items()}
        for value in outputs.values():
            if value.dtype.is_floating:
                is_valid &= _per_row(tf.math.is_finite(value))
        outputs = {name: _where_valid(is_valid, value) for name, value in outputs.items()}
        if "class" in outputs:
            # Class -1 finds "", with no selection among strings, which OpenVINO cannot compute.
            outputs["label"] = tf.gather(tf.constant(["", *class_names]), outputs["class"] + 1)
        return outputs | {"valid": is_valid}

    return screened


def _screen_rows(images):
    """Images clipped to [0, 1], invalid rows replaced by black; and which rows are valid."""
    if not images.dtype.is_floating:
        return images, tf.ones(tf.shape(images)[:1], tf.bool)
    # Comparisons with NaN are false, so these two also find NaN and infinity.
    is_inside = (images >= -RANGE_TOLERANCE) & (images <= 1 + RANGE_TOLERANCE)
    is_valid = _per_row(is_inside)
    return tf.clip_by_value(_where_valid(is_valid, images), 0.0, 1.0), is_valid


def _per_row(flags):
    return tf.reduce_all(flags, axis=list(range(1, flags.shape.rank)))


def _pad_to_one_row(images, size, shape):
    """An empty batch as one black row; two convolutions in a row fail on an empty one."""
    missing = tf.cast(tf.equal(size, 0), tf.int32)
    return tf.ensure_shape(tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]]), (None, *shape))


def _where_valid(is_valid, values):
    """`values`, and where the row is invalid class -1 and zeros."""
    fill = tf.constant(-1 if values.dtype == tf.int64 else 0, values.dtype)
    shape = tf.concat([tf.shape(is_valid), tf.ones(values.shape.rank - 1, tf.int32)], axis=0)
    return tf.where(tf.reshape(is_valid, shape), values, fill)
