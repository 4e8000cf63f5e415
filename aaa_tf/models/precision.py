"""Copies of a Keras model that compute in another arithmetic over the same weights.

Training may run in bfloat16 where the processor has it; what is evaluated and exported is always
float32, with exactly the weights that training kept (in float32 too).
"""

import inspect
import pathlib

import keras
import numpy as np
import tensorflow as tf

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
# Of the range of the answers: from the order of sums, and from half the precision.
_ROUNDING, _HALF_ROUNDING = 1e-3, 5e-2


def resolve_precision(precision: str) -> str:
    """Returns "float32" or "bfloat16"; "auto" is bfloat16 where the hardware computes in it."""
    if precision != "auto":
        return precision
    return "bfloat16" if has_native_bfloat16() else "float32"


def has_native_bfloat16() -> bool:
    """Whether matrix products in bfloat16 run in hardware.

    They do on GPUs from compute capability 8.0, and on processors with avx512_bf16 or amx_bf16.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(detail.get("compute_capability", (0, 0))[0] >= 8 for detail in details)
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def can_copy(model: keras.Model) -> bool:
    """Whether Keras can make the layers of a Functional or Sequential model anew.

    Not Python code (Lambda) or what another file holds (TFSMLayer), which it makes for a trusted
    file alone; what is quantized, whose weights fit the quantized layer only; and layers of the
    user's that do not tell how they were made.
    """
    return all(_can_make_anew(layer) for layer in model._flatten_layers())


def _can_make_anew(layer):
    try:
        layer.get_config()
    except NotImplementedError:
        return False
    is_fixed = isinstance(layer, keras.layers.Lambda | keras.layers.TFSMLayer)
    return not is_fixed and not getattr(layer, "quantization_mode", None)


def copy_with_precision(model: keras.Model, precision: str) -> keras.Model:
    """A copy of a Functional or Sequential model that computes in `precision`.

    Layers that produce the model's outputs stay in float32, so that logits and pixels keep their
    last digits. Variables are float32 in every precision, and their values are copied bit by bit.

    Args:
        model: Functional or Sequential Keras model.
        precision: "float32" or "bfloat16".

    Returns:
        A new model with equal weights.

    Raises:
        ValueError: for a subclassed model, which Keras cannot copy layer by layer.
    """
    if not isinstance(model, keras.Sequential | keras.Function):
        raise ValueError(f"{model.name} is a subclassed model, which has no layers to copy")
    outputs = {tensor._keras_history.operation.name for tensor in model.outputs}

    def clone_layer(layer):
        if not isinstance(layer, keras.layers.Layer):
            return layer.__class__.from_config(layer.get_config())
        policy = "float32" if layer.name in outputs else POLICIES[precision]
        config = layer.get_config()
        config |= _functions_of(layer, config)
        if "dtype" in config:
            config["dtype"] = policy
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone_layer, recursive=True)
    copy.set_weights(model.get_weights())
    finalize_normalizations(copy)
    return copy


def require_same_answers(model: keras.Model, copy_fn, original_fn, images) -> None:
    """Raises ValueError unless a copy computes what the original does, but for rounding.

    A layer's configuration may leave out what it was made with.

    Args:
        model: what was copied.
        copy_fn: function of images that uses the copy, in float32.
        original_fn: the same with the model.
        images: (N, H, W, C) to compare them with.
    """
    found, expected = (
        keras.ops.convert_to_numpy(function(images)) for function in (copy_fn, original_fn)
    )
    tolerance = _ROUNDING if computes_in_float32(model) else _HALF_ROUNDING
    if np.abs(found - expected).max() > tolerance * max(1.0, np.ptp(expected)):
        raise ValueError("its copy answers differently")


def _functions_of(layer, config):
    """The functions among what a layer was made with, such as its activation.

    Keras writes a function of the user's own as its name, by which it finds none, or its own.
    """
    values = {name: getattr(layer, name, None) for name in config}
    return {name: value for name, value in values.items() if inspect.isfunction(value)}


def finalize_normalizations(model: keras.Model) -> None:
    """Lets Normalization layers, also of inner models, compute with the weights that they have.

    They compute with constants made from them, which Keras 3.15 makes anew neither in a copy nor
    for the inner models of an .h5 file.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def computes_in_float32(model: keras.Model) -> bool:
    """Whether every layer of a model does, also inside of models and wrappers."""
    layers = [layer for layer in model._flatten_layers() if not isinstance(layer, keras.Model)]
    return all(layer.compute_dtype == "float32" for layer in layers)
