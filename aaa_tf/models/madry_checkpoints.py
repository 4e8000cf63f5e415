"""Imports the TensorFlow 1 checkpoints of Madry's challenges into the Keras ports.

    model = import_madry_checkpoint("models/secret/checkpoint-99900")

A checkpoint is named by its prefix, without `.index` or `.data-…`. The MNIST challenge left its
variables unnamed (Variable, Variable_1, ... in order of creation); the CIFAR-10 challenge has
scopes, which the port's layers carry with dots for slashes. Optimizer slots and counters are left.
"""

import os

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.errors import InputError, first_line
from aaa_tf.models import madry

_MNIST_LAYERS = ("conv1", "conv2", "fc1", "fc2")
_FIRST_CIFAR10 = "input/init_conv/DW"
_BATCH_NORMALIZATION = ("gamma", "beta", "moving_mean", "moving_variance")


def is_checkpoint(path: str) -> bool:
    """Whether `path` is the prefix of a TensorFlow checkpoint."""
    return os.path.isfile(f"{path}.index")


def import_madry_checkpoint(path: str) -> keras.Model:
    """Builds the port that a checkpoint belongs to, with the checkpoint's weights.

    Args:
        path: checkpoint prefix.

    Returns:
        A Keras classifier: images in [0, 1] -> logits. MNIST images are 28x28x1, CIFAR-10 images
        32x32x3; the wide or narrow form is read off the shapes.

    Raises:
        InputError: if it cannot be read, or is of neither challenge.
    """
    try:
        reader = tf.train.load_checkpoint(path)
        shapes = reader.get_variable_to_shape_map()
    except Exception as error:  # OpError, ValueError, IndexError and others, by the damage
        raise InputError(
            f"{path} is not a readable TensorFlow checkpoint (cut off or damaged?): "
            f"{first_line(error)}"
        ) from error
    if _FIRST_CIFAR10 in shapes:
        model = _build_cifar10(path, shapes)
        names = {layer.name: _cifar10_names(layer) for layer in model.layers if layer.weights}
    elif "Variable_7" in shapes:
        (num_classes,) = _shape(path, shapes, "Variable_7", 1)
        model = madry.build_madry_mnist((28, 28, 1), num_classes)
        names = _mnist_names()
    else:
        raise InputError(
            f"{path} is no checkpoint of Madry's MNIST challenge (Variable ... Variable_7) or "
            f"CIFAR-10 challenge ({_FIRST_CIFAR10}); save the model as .keras instead"
        )
    for layer_name, variable_names in names.items():
        _assign(path, reader, shapes, model.get_layer(layer_name), variable_names)
    return model


def _mnist_names():
    variables = ["Variable", *(f"Variable_{i}" for i in range(1, 2 * len(_MNIST_LAYERS)))]
    return {name: variables[2 * i : 2 * i + 2] for i, name in enumerate(_MNIST_LAYERS)}


def _build_cifar10(path, shapes):
    kernels = (_FIRST_CIFAR10, *(f"unit_{stage}_0/sub1/conv1/DW" for stage in (1, 2, 3)))
    filters = tuple(_shape(path, shapes, name, 4)[-1] for name in kernels)
    (num_classes,) = _shape(path, shapes, "logit/biases", 1)
    return madry.build_madry_cifar10((32, 32, 3), num_classes, filters)


def _shape(path, shapes, name, rank):
    """The shape of a variable that sizes are read off."""
    shape = shapes.get(name)
    if shape is None or len(shape) != rank or not all(size > 0 for size in shape):
        raise InputError(
            f"{path}: variable {name} should have {rank} dimensions, found "
            f"{'none of that name' if shape is None else shape}; it is of no challenge, or damaged"
        )
    return shape


def _cifar10_names(layer):
    """The original's variable names, in the order of the layer's own variables."""
    scope = layer.name.replace(".", "/")
    if isinstance(layer, keras.layers.BatchNormalization):
        return [f"{scope}/{name}" for name in _BATCH_NORMALIZATION]
    return [f"{scope}/DW", f"{scope}/biases"][: len(layer.weights)]


def _assign(path, reader, shapes, layer, variable_names):
    for variable, name in zip(layer.weights, variable_names, strict=True):
        if tuple(shapes.get(name, ())) != tuple(variable.shape):
            raise InputError(
                f"{path}: variable {name} should have shape {tuple(variable.shape)}, "
                f"found {shapes.get(name, 'none of that name')}"
            )
        try:
            value = np.asarray(reader.get_tensor(name), np.float32)
        except Exception as error:  # the same
            raise InputError(
                f"{path}: variable {name} cannot be read (cut off or damaged?): {first_line(error)}"
            ) from error
        variable.assign(value)
