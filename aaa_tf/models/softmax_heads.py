"""The model up to its logits, where it ends in softmax.

    model = without_softmax("my.keras", model)

Attacks on saturated probabilities see no gradient, so logits are looked for first. A sigmoid at
the end means several labels for one image, which no logits of ours could stand for.
"""

import keras
import tensorflow as tf

from aaa_tf.errors import InputError

_SIGMOIDS = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")
# Those functions and no others: a function of the user's own may be called softmax and do more.
_SOFTMAXES = (keras.activations.softmax, keras.ops.softmax, tf.nn.softmax)


def without_softmax(path: str, model: keras.Model) -> keras.Model:
    """Takes the softmax at the end of a loaded model off.

    Args:
        path: the file, for the messages.
        model: Functional or Sequential model with one input and one output (N, classes).

    Returns:
        A model that returns logits; the same model where it ends in no softmax that can be seen.

    Raises:
        InputError: it ends in a sigmoid.
    """
    history = model.outputs[0]._keras_history
    last = history.operation
    if isinstance(last, keras.Sequential | keras.Function):
        return _without_inner_softmax(path, model, last, history.tensor_index)
    name = _activation_name(last)
    if name in _SIGMOIDS:
        raise InputError(
            f"{path} ends in {name}, several labels for one image; needed: one label, softmax"
        )
    if type(last) in (keras.layers.Dropout, keras.layers.Identity) or name == "linear_layer":
        return without_softmax(path, keras.Model(model.inputs[0], _input_of(model)))
    if name == "softmax_layer":
        return keras.Model(model.inputs[0], _input_of(model), name=model.name)
    if name == "softmax" and type(last) is keras.layers.Dense:
        return keras.Model(model.inputs[0], _linear(last)(_input_of(model)), name=model.name)
    return model


def _without_inner_softmax(path, model, inner, place):
    """A model that ends in the output number `place` of an inner model."""
    if len(inner.inputs) != 1:
        return model
    head = inner
    if len(inner.outputs) != 1:
        head = keras.Model(inner.inputs[0], inner.outputs[place])
    bare = without_softmax(path, head)
    if bare is head:
        return model
    return keras.Model(model.inputs[0], bare(_input_of(model)), name=model.name)


def ends_in_linear_dense(model) -> bool:
    """Whether the scores are a dense layer's sums, so logits whatever their range."""
    if not isinstance(model, keras.Model) or not hasattr(model, "outputs"):
        return False
    last = model.outputs[0]._keras_history.operation
    return type(last) is keras.layers.Dense and last.activation is keras.activations.linear


def _linear(dense):
    """The same dense layer without activation; a copy, as others may use the layer too."""
    config = dense.get_config() | {"activation": "linear", "name": f"{dense.name}_logits"}
    copy = keras.layers.Dense.from_config(config)
    copy.build(dense.kernel.shape[:1])
    copy.set_weights(dense.get_weights())
    return copy


def _input_of(model):
    """The tensor that the last operation of `model` takes."""
    history = model.outputs[0]._keras_history
    return history.operation._inbound_nodes[history.node_index].input_tensors[0]


def _activation_name(last):
    """The name of the last activation; `..._layer` where it is an operation without weights.

    A class derived from one of Keras' computes what it likes, so its name tells nothing.
    """
    if _is_softmax(last):
        return "softmax_layer"
    activation = getattr(last, "activation", None)
    if activation is None:
        return type(last).__name__.lower()  # keras.ops.sigmoid
    name = getattr(activation, "__name__", "")
    if activation in _SOFTMAXES or _is_softmax(activation):
        name = "softmax"
    elif name == "softmax":
        name = ""
    is_layer = type(last) is keras.layers.Activation and name in ("softmax", "linear")
    return f"{name}_layer" if is_layer else name


def _is_softmax(operation):
    """Whether it is Keras' softmax over the classes, as a layer or as an operation."""
    kind = type(operation)
    is_operation = kind.__name__ == "Softmax" and kind.__module__.startswith("keras.src.ops.")
    return (is_operation or kind is keras.layers.Softmax) and operation.axis in (-1, 1)
