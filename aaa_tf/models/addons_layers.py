"""The layers of tensorflow-addons that Keras 3 can compute exactly; see `addons`.

    import aaa_tf.models.addons_layers    # registers `Addons>GroupNormalization` and the rest

Weights stand in the order in which Keras 2 wrote them, because HDF5 files are read by order.
"""

import keras
from keras import ops

from aaa_tf.models import addons
from aaa_tf.models.addons import register


@register
class GroupNormalization(keras.layers.GroupNormalization):
    """The same layer, defaults included (Wu & He 2018)."""


@register
class InstanceNormalization(keras.layers.GroupNormalization):
    """One group for each channel; the file's own `groups` is what that came to when built."""

    def __init__(self, groups=-1, **config):
        """The arguments are the configuration in the file."""
        del groups
        super().__init__(groups=-1, **config)


@register
class AdaptiveAveragePooling2D(keras.layers.AdaptiveAveragePooling2D):
    """The same for sizes that divide evenly; tensorflow-addons took no others."""


@register
class AdaptiveMaxPooling2D(keras.layers.AdaptiveMaxPooling2D):
    """The same for sizes that divide evenly; tensorflow-addons took no others."""


@register
class GELU(keras.layers.Layer):
    """The activation as a layer; by tanh unless the file says otherwise."""

    def __init__(self, approximate=True, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**config)
        self.approximate = approximate

    def call(self, inputs):
        """Images or features -> the same shape."""
        return addons.gelu(inputs, self.approximate)

    def get_config(self):
        """What the file holds."""
        return super().get_config() | {"approximate": self.approximate}


@register
class Sparsemax(keras.layers.Layer):
    """The activation as a layer."""

    def __init__(self, axis=-1, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**config)
        self.axis = axis

    def call(self, inputs):
        """Scores -> points of the simplex, the same shape."""
        return addons.sparsemax(inputs, self.axis)

    def get_config(self):
        """What the file holds."""
        return super().get_config() | {"axis": self.axis}


@register
class Snake(keras.layers.Layer):
    """The activation with a trained frequency."""

    def __init__(self, frequency_initializer="ones", **config):
        """The arguments are the configuration in the file."""
        super().__init__(**config)
        self.frequency_initializer = keras.initializers.get(frequency_initializer)

    def build(self, input_shape):
        """One frequency for all units."""
        del input_shape
        self.frequency = self.add_weight(
            shape=(), initializer=self.frequency_initializer, name="frequency"
        )

    def call(self, inputs):
        """Features -> the same shape."""
        return addons.snake(inputs, self.frequency)

    def get_config(self):
        """What the file holds."""
        initializer = keras.initializers.serialize(self.frequency_initializer)
        return super().get_config() | {"frequency_initializer": initializer}


@register
class Maxout(keras.layers.Layer):
    """The largest of each k features (Goodfellow et al. 2013), `num_units` remain."""

    def __init__(self, num_units, axis=-1, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**config)
        self.num_units = num_units
        self.axis = axis

    def call(self, inputs):
        """(..., k * num_units, ...) -> (..., num_units, ...)."""
        axis = self.axis % len(inputs.shape)
        shape = [-1, *inputs.shape[1:]]
        shape[axis : axis + 1] = [inputs.shape[axis] // self.num_units, self.num_units]
        return ops.max(ops.reshape(inputs, shape), axis=axis)

    def get_config(self):
        """What the file holds."""
        return super().get_config() | {"num_units": self.num_units, "axis": self.axis}


@register
class StochasticDepth(keras.layers.Layer):
    """`shortcut + survival_probability * residual` (Huang et al. 2016, equation 5)."""

    def __init__(self, survival_probability=0.5, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**config)
        self.survival_probability = survival_probability

    def call(self, inputs):
        """[shortcut, residual] of equal shape -> that shape."""
        shortcut, residual = inputs
        return shortcut + self.survival_probability * residual

    def get_config(self):
        """What the file holds."""
        return super().get_config() | {"survival_probability": self.survival_probability}
