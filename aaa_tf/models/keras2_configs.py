"""Rewrites the configuration that a Keras 2 file holds into what Keras 3 reads.

    config = modernize(json.loads(text))

Keras 3 reads most of what Keras 2 wrote. What it trips over is named here and changes no number:
modules that moved, arguments that were renamed or that only training used, `groups` of depthwise
convolutions, which was always 1, and the list around the one axis of a batch normalization. What
it reads as another function is in keras2_activations.
"""

_TRAINING_ONLY = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
# class name -> configuration keys that Keras 2 wrote and Keras 3 refuses.
_GONE = {
    "DepthwiseConv1D": ("groups", *_TRAINING_ONLY, "filters"),
    "DepthwiseConv2D": ("groups", *_TRAINING_ONLY, "filters"),
    "SeparableConv1D": ("groups", *_TRAINING_ONLY),
    "SeparableConv2D": ("groups", *_TRAINING_ONLY),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "SpatialDropout2D": ("trainable", "noise_shape"),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
}
_MODELS = {"Functional": "keras.src.models.functional", "Model": "keras.src.models.functional"}


def modernize(config):
    """Returns `config`, nested as in the file, without what Keras 3 would trip over.

    Args:
        config: a configuration as `json.loads` gives it; it is not changed.

    Returns:
        A new configuration of the same model.
    """
    if isinstance(config, list):
        return [modernize(item) for item in config]
    if not isinstance(config, dict):
        return config
    result = {key: modernize(value) for key, value in config.items()}
    name = result.get("class_name")
    if isinstance(name, str) and isinstance(result.get("config"), dict):
        _modernize_object(name, result)
    return result


def _modernize_object(name, item):
    """Changes one serialized layer or model in place."""
    config = item["config"]
    if config.get("groups", 1) == 1:
        for key in _GONE.get(name, ()):
            config.pop(key, None)
    if name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    axis = config.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if isinstance(config.get("layers"), list):
        _renumber_inner_models(config)
    module = item.get("module")
    if name in _MODELS and isinstance(module, str) and ".engine." in module:
        item.update(module=_MODELS[name], class_name="Functional", registered_name="Functional")


def _renumber_inner_models(config):
    """Counts the calls of models inside a model from 0.

    In Keras 2 the construction of an inner model was its call 0, so that its first use was call 1.
    """
    names = {
        layer.get("name")
        for layer in config["layers"]
        if isinstance(layer, dict)
        and isinstance(layer.get("name"), str)
        and isinstance(layer.get("config"), dict)
        and "layers" in layer["config"]
    }
    nodes = [layer.get("inbound_nodes") for layer in config["layers"] if isinstance(layer, dict)]
    calls = [call for call in _calls([nodes, config.get("output_layers")]) if call[0] in names]
    for name in names:
        own = [call for call in calls if call[0] == name]
        first = min((call[1] for call in own), default=0)
        for call in own:
            call[1] -= first


def _calls(item):
    """Every [layer name, call, tensor, ...] in nested lists and dictionaries."""
    if isinstance(item, dict):
        item = list(item.values())
    if not isinstance(item, list):
        return
    if len(item) >= 3 and isinstance(item[0], str) and all(type(n) is int for n in item[1:3]):
        yield item
    for inner in item:
        yield from _calls(inner)
