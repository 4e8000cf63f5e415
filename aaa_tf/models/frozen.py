"""A classifier that nobody may change: a function from images to logits, and proof of its weights.

native = freeze_keras("A", model)
logits = native.logits_fn(images)
native.fingerprint()   # the same before and after a training, or the training was wrong
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models import precision as precision_module
from aaa_tf.models import scores
from aaa_tf.models.image_models import require_image_model
from aaa_tf.models.softmax_heads import without_softmax


@dataclasses.dataclass(frozen=True)
class FrozenClassifier:
    """A classifier in inference mode, as attacks, training and export take it.

    Attributes:
        name: the paper's letter, a plain name, or the file it came from.
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, num_classes) float32.
        image_shape: (height, width, channels); an entry is None where any is taken.
        num_classes: number of logits.
        resource: what owns the weights: a Keras model or a loaded SavedModel. Export tracks it.
        variables: all of its weights.
        has_gradient: whether the loss reaches the input; without it there is no white-box attack
            and no training.
        copy_in_precision: precision -> an equal classifier computing in it; None where the file
            fixes the arithmetic (a SavedModel).
        is_repeatable: whether it answers the same images the same each time and stays as it is;
            without it nothing can be trained against it or exported.
        program: hash of what computes: the layers of a Keras model, a SavedModel's graph, a Python
            function's file and answers; and of the preprocessing before it.
    """

    name: str
    logits_fn: Callable
    image_shape: tuple
    num_classes: int
    resource: Any
    variables: tuple
    has_gradient: bool = True
    copy_in_precision: Callable | None = None
    is_repeatable: bool = True
    program: str = ""

    def __call__(self, images):
        """The logits, so that it can stand where a function is wanted."""
        return self.logits_fn(images)

    def fingerprint(self) -> str:
        """SHA-256 over all weights, names left out: equal for equal weights in equal order."""
        return fingerprint(self.variables)

    def identity(self) -> str:
        """What an evaluation of this classifier goes by: its weights, and its program."""
        return self.fingerprint() + self.program

    def require_repeatable(self):
        """Raises InputError unless it answers the same images the same each time."""
        if not self.is_repeatable:
            raise InputError(
                f"classifier {self.name} answers the same images differently from call to call, or "
                "changes its own variables, so no pipeline with it could be checked or exported; "
                "save it so that it computes as training=False does"
            )

    def require_fits(self, dataset):
        """Raises InputError unless images and classes of `dataset` are this classifier's."""
        fits = len(self.image_shape) == len(dataset.image_shape) and all(
            own is None or own == given
            for own, given in zip(self.image_shape, dataset.image_shape, strict=True)
        )
        if not fits:
            raise InputError(
                f"classifier {self.name} takes images of shape {self.image_shape}, "
                f"{dataset.name} has {dataset.image_shape}; choose another classifier or data set"
            )
        if self.num_classes != dataset.num_classes:
            raise InputError(
                f"classifier {self.name} has {self.num_classes} classes, {dataset.name} "
                f"{dataset.num_classes}; choose another classifier or data set"
            )


def freeze_keras(name: str, model: keras.Model, *, preprocess=None) -> FrozenClassifier:
    """Freezes a Keras classifier.

    Args:
        name: what reports call it.
        model: Functional or Sequential model, float images (N, H, W, C) -> logits (N, classes), or
            their softmax, which is taken off; where it cannot be seen, the logarithm of its
            probabilities is taken, with a warning. It is not copied; it is marked untrainable.
        preprocess: function applied to images in [0, 1] first; None for none. It is told from
            others by what it makes of one image.

    Returns:
        A FrozenClassifier.

    Raises:
        InputError: a subclassed model, one of several inputs or outputs, of integer pixels, or
            that does not return one row of class scores, also for random images.
    """
    model = require_image_model(name, "classifier", model)
    require_class_scores(name, model.output_shape)
    model.trainable = False
    classifier = _freeze(name, without_softmax(name, model), preprocess)
    return scores.with_logits(classifier, scores.make_images(classifier))


def _freeze(name, model, preprocess):
    model.trainable = False
    image_shape = tuple(model.input_shape[1:])

    def logits_fn(images):
        pixels = images if preprocess is None else preprocess(images)
        return tf.cast(model(pixels, training=False), tf.float32)

    def copy_in_precision(precision):
        copy = precision_module.copy_with_precision(model, precision)
        return _freeze(name, copy, preprocess)

    return FrozenClassifier(
        name,
        logits_fn,
        image_shape,
        model.output_shape[-1],
        model,
        tuple(model.weights),  # without the states of random generators, drawn anew at each load
        copy_in_precision=copy_in_precision if precision_module.can_copy(model) else None,
        program=hash_layers(model) + hash_preprocess(preprocess, image_shape),
    )


def fingerprint(variables) -> str:
    """SHA-256 over the values of `variables`, in their order."""
    digest = hashlib.sha256()
    for variable in variables:
        value = keras.ops.convert_to_numpy(variable)
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def hash_layers(model: keras.Model) -> str:
    """SHA-256 over a model's layers and how they are joined, whatever they are called.

    "" for one whose layers do not tell how they were made.
    """
    try:
        config = keras.saving.serialize_keras_object(model)["config"]
    except NotImplementedError:
        return ""
    text = json.dumps(_without_names(config, {}), sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_names(value, places):
    """A configuration with the place of a layer or operation in its model for its name.

    Args:
        value: the configuration, or a part of it.
        places: name -> place in the innermost model around it.
    """
    if isinstance(value, dict):
        if "input_layers" in value and isinstance(value.get("layers"), list):
            places = {layer["name"]: place for place, layer in enumerate(value["layers"])}
        # Keras writes build_config of models that were called, and not of all copies.
        kept = value.keys() - {"name", "build_config"}
        return {key: _without_names(value[key], places) for key in kept}
    if not isinstance(value, list | tuple):
        return value
    if len(value) == 3 and value[0] in list(places):  # the tensor of [name, call, output]
        return [places[value[0]], *value[1:]]
    return [_without_names(item, places) for item in value]


def hash_preprocess(preprocess, image_shape) -> str:
    """SHA-256 over what a preprocessing makes of an image from black to white; "" for None."""
    if preprocess is None:
        return ""
    height, width, channels = image_shape
    shape = (height or 8, width or 8, channels or 3)
    image = np.linspace(0, 1, math.prod(shape), dtype=np.float32).reshape(1, *shape)
    return hashlib.sha256(np.asarray(preprocess(tf.constant(image))).tobytes()).hexdigest()


def require_class_scores(path, output_shape):
    """Raises InputError unless `output_shape` is (batch, classes) with at least two classes."""
    if len(output_shape) != 2 or output_shape[-1] is None or output_shape[-1] < 2:
        raise InputError(
            f"{path} returns {tuple(output_shape)}; needed: one score per class, (batch, classes), "
            "at least two classes"
        )
