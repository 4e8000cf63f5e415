"""The model up to its logits, where it ends in softmax.

    model = without_softmax("my.keras", model)

Attacks on saturated probabilities see no gradient, so logits are looked for first. A sigmoid at
the end means several labels for one image, which no logits of ours could stand for.
"""

import keras

from aaa_tf.errors import InputError

_SIGMOIDS = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")


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
    last = model.outputs[0]._keras_history.operation
    if isinstance(last, keras.Sequential | keras.Function):
        inner = without_softmax(path, last)
        if inner is last:
            return model
        return keras.Model(model.inputs[0], inner(_input_of(model)), name=model.name)
    name = _activation_name(last)
    if name in _SIGMOIDS:
        raise InputError(
            f"{path} ends in {name}, several labels for one image; needed: one label, softmax"
        )
    if isinstance(last, keras.layers.Dropout | keras.layers.Identity) or name == "linear_layer":
        return without_softmax(path, keras.Model(model.inputs[0], _input_of(model)))
    if name == "softmax_layer":
        return keras.Model(model.inputs[0], _input_of(model), name=model.name)
    if name == "softmax" and isinstance(last, keras.layers.Dense):
        return keras.Model(model.inputs[0], _linear(last)(_input_of(model)), name=model.name)
    return model


def ends_in_linear_dense(model) -> bool:
    """Whether the scores are a dense layer's sums, so logits whatever their range."""
    if not isinstance(model, keras.Model) or not hasattr(model, "outputs"):
        return False
    last = model.outputs[0]._keras_history.operation
    return isinstance(last, keras.layers.Dense) and _activation_name(last) == "linear"


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
    """The name of the last activation; `..._layer` where it is a layer without weights."""
    if isinstance(last, keras.layers.Softmax):
        return "softmax_layer"
    activation = getattr(last, "activation", None)
    name = getattr(activation, "__name__", type(last).__name__.lower())
    if name in ("softmax", "linear") and isinstance(last, keras.layers.Activation):
        return f"{name}_layer"
    if name == "softmax" and activation is None:  # keras.ops.softmax
        return "softmax_layer"
    return name
