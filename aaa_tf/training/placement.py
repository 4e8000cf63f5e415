"""Copies of models on every device of a strategy, and back on one.

    spread = spread_model(autoencoder, strategy)        # for an evaluation on all devices
    trained = take_from_devices(spread, strategy)       # for export

A model that was built outside a strategy lives on one device; others would read its weights from
there in every step of an attack. Evaluation and training therefore take copies, and what a
training returns is always on one device.
"""

import warnings

import keras

from aaa_tf import workers
from aaa_tf.differentiability import has_gradient, make_probe_images
from aaa_tf.errors import first_line
from aaa_tf.models import precision
from aaa_tf.models.scores import make_images


def synchronize_batch_statistics(model: keras.Model, strategy) -> None:
    """Lets batch normalization see the global batch instead of one device's part of it."""
    if strategy.num_replicas_in_sync == 1:
        return
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def copy_native(native, arithmetic: str, image_shape):
    """A FrozenClassifier for the current strategy; itself where no copy computes the same.

    One that fails or gives no gradient in bfloat16, which some operations do not know, computes in
    float32.

    Args:
        native: FrozenClassifier.
        arithmetic: "float32" or "bfloat16".
        image_shape: (height, width, channels) of the images.
    """
    exact = _copy_exactly(native, image_shape)
    if exact is native or arithmetic == "float32":
        return exact
    reason = "it gives no gradient"
    try:
        copy = native.copy_in_precision(arithmetic)
        if has_gradient(copy.logits_fn, make_probe_images(image_shape, 2)):
            return copy
    except Exception as error:  # whatever a layer raises that expects float32
        reason = first_line(error)
    warnings.warn(
        f"classifier {native.name} cannot be attacked in {arithmetic} ({reason}): it computes in "
        "float32",
        stacklevel=3,
    )
    return exact


def spread_native(native, strategy):
    """A FrozenClassifier in float32 with its weights on every device, for `sharding`."""
    if strategy.num_replicas_in_sync == 1:
        return native
    with strategy.scope():
        return _copy_exactly(native)


def _copy_exactly(native, image_shape=None):
    """A copy in float32; the classifier itself where Keras makes none with the same answers."""
    if not native.copy_in_precision:
        return native
    try:
        copy = native.copy_in_precision("float32")
        images = make_images(native, image_shape)
        precision.require_same_answers(native.resource, copy, native, images)
    except Exception as error:  # whatever a layer raises that is made anew without all it needs
        warnings.warn(
            f"Keras cannot copy classifier {native.name} ({first_line(error)}): "
            "it is used as it is",
            stacklevel=4,
        )
        return native
    return copy


def spread_model(model: keras.Model, strategy) -> keras.Model:
    """A Keras model in float32 with its weights on every device."""
    if strategy.num_replicas_in_sync == 1:
        return model
    with strategy.scope():
        return precision.copy_with_precision(model, "float32")


def take_from_devices(model: keras.Model, strategy) -> keras.Model:
    """The inverse of `spread_model`: a model that lives on one device, as export wants it."""
    if strategy.num_replicas_in_sync == 1 and not workers.are_several(strategy):
        return model
    return precision.copy_with_precision(model, "float32")
