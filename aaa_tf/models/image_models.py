"""What a Keras model must be to stand for an image classifier or an autoencoder.

model = require_image_model("my.keras", "classifier", model)
"""

import keras

from aaa_tf.errors import InputError


def require_image_model(subject: str, what: str, model) -> keras.Model:
    """The model as one of a single input and output.

    Args:
        subject: its file or name, with which messages begin.
        what: "classifier" or "autoencoder", for the messages.
        model: anything that a caller takes for a Keras model.

    Returns:
        The same model; where it wraps its input or output in a list or dict, the same layers
        without, as Keras 3 warns at each call of such a one.

    Raises:
        InputError: it is no built Functional or Sequential model that takes float images
            (batch, height, width, channels), or has several inputs or outputs.
    """
    if not isinstance(model, keras.Sequential | keras.Function):
        raise InputError(
            f"{subject} holds a subclassed {type(model).__name__}; export it with model.export "
            "instead"
            if isinstance(model, keras.Model)
            else f"{subject} is a {type(model).__name__}, no Keras model"
        )
    if not model.built or not getattr(model, "inputs", None):
        raise InputError(
            f"{subject} never saw an input, so it has no weights; call the model once where it was "
            "built, and save it again"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"{subject} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            f"needed for {what}: one of each"
        )
    _require_float_images(subject, what, model)
    if _is_wrapped(model):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def _require_float_images(subject, what, model):
    shape, dtype = tuple(model.inputs[0].shape), model.inputs[0].dtype
    if len(shape) != 4:
        raise InputError(
            f"{subject} takes input of shape {shape}; "
            f"an image {what} takes (batch, height, width, channels)"
        )
    if not keras.backend.is_float_dtype(dtype):
        raise InputError(
            f"{subject} takes {dtype} pixels, by which no loss can be differentiated; "
            "save it with a float32 Input"
        )


def _is_wrapped(model):
    """Whether it names its one input or output, or puts it in a list, as files of Keras 2 do."""
    wrappers = list | tuple | dict
    return isinstance(model, keras.Function) and (
        isinstance(model.input, wrappers) or isinstance(model.output, wrappers)
    )
