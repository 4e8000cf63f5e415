"""Activations that Keras 2 computed otherwise than Keras 3 does under the same name.

    config = with_old_activations(config)          # of a file that Keras 2 wrote

Keras 2: hard_sigmoid(x) = clip(0.2 x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6.
"""

import keras

_KEYS = ("activation", "recurrent_activation")
_PACKAGE, _NAME = "aaa_tf", "keras2_hard_sigmoid"


@keras.saving.register_keras_serializable(_PACKAGE, _NAME)
def hard_sigmoid(x):
    """Keras 2's; it keeps its name, by which heads are told apart."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def with_old_activations(config):
    """Returns a configuration, nested as in the file, in which they are named as ours."""
    if isinstance(config, list):
        return [with_old_activations(item) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key: keras.saving.serialize_keras_object(hard_sigmoid)
        if key in _KEYS and value == "hard_sigmoid"
        else with_old_activations(value)
        for key, value in config.items()
    }
