"""Layers of tensorflow-addons with weights of their own; see `addons`.

    import aaa_tf.models.addons_weighted    # registers `Addons>WeightNormalization` and the rest

Keras 2 wrote the kernel of a wrapped layer as the wrapper's own weight in .keras files, and with
the layer's in .h5 files; both are read.
"""

import functools

import keras
from keras import ops

from aaa_tf.errors import InputError
from aaa_tf.models.addons import register

# The initialisers, regularisers and constraints that a file names: they matter in training alone.
_TRAINING_ONLY = ("_initializer", "_regularizer", "_constraint")


def _without_training(config):
    return {key: value for key, value in config.items() if not key.endswith(_TRAINING_ONLY)}


@register
class FilterResponseNormalization(keras.layers.Layer):
    """`gamma * x / sqrt(mean(x^2) + epsilon) + beta` (Singh & Krishnan 2020, equation 1)."""

    def __init__(self, epsilon=1e-6, axis=(1, 2), learned_epsilon=False, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**_without_training(config))
        self.epsilon = epsilon
        self.axis = tuple(axis)
        self.use_learned_epsilon = learned_epsilon

    def build(self, input_shape):
        """One gamma and beta for each channel; perhaps one epsilon."""
        shape = (1, 1, 1, input_shape[-1])
        if self.use_learned_epsilon:
            self.learned_epsilon = self.add_weight(shape=(1,), name="learned_epsilon")
        self.gamma = self.add_weight(shape=shape, name="gamma")
        self.beta = self.add_weight(shape=shape, name="beta")

    def call(self, inputs):
        """(N, H, W, C) -> (N, H, W, C)."""
        epsilon = abs(self.epsilon)
        if self.use_learned_epsilon:
            epsilon += ops.abs(self.learned_epsilon)
        power = ops.mean(ops.square(inputs), axis=self.axis, keepdims=True)
        return self.gamma * inputs * ops.rsqrt(power + epsilon) + self.beta

    def get_config(self):
        """What of the file matters in inference."""
        own = {"epsilon": self.epsilon, "axis": list(self.axis)}
        return super().get_config() | own | {"learned_epsilon": self.use_learned_epsilon}


@register
class TLU(keras.layers.Layer):
    """`max(x, tau)`, or `max(x, alpha x + tau)` (Singh & Krishnan 2020, equation 7)."""

    def __init__(self, affine=False, **config):
        """The arguments are the configuration in the file."""
        super().__init__(**_without_training(config))
        self.affine = affine

    def build(self, input_shape):
        """One threshold for each unit."""
        self.tau = self.add_weight(shape=input_shape[1:], name="tau")
        if self.affine:
            self.alpha = self.add_weight(shape=input_shape[1:], name="alpha")

    def call(self, inputs):
        """Features -> the same shape."""
        return ops.maximum(inputs, self.tau + (self.alpha * inputs if self.affine else 0))

    def get_config(self):
        """What of the file matters in inference."""
        return super().get_config() | {"affine": self.affine}


@register
class SpectralNormalization(keras.layers.SpectralNormalization):
    """The same in inference: the kernel as its last training step left it (Miyato et al. 2018)."""

    def load_own_variables(self, store):
        """Reads the vector u, which Keras 2 put after a copy of the kernel."""
        self.vector_u.assign(store[str(len(store.keys()) - 1)])


@register
class WeightNormalization(keras.layers.Wrapper):
    """A layer whose kernel is `g * v / norm(v)` (Salimans & Kingma 2016, equation 2).

    The wrapped layer's own kernel is v. `is_initialized` is false in a file whose model never saw
    a batch; its g is still to be computed then, see `require_initialized`.
    """

    def __init__(self, layer, data_init=True, **config):
        """The arguments are the configuration in the file."""
        super().__init__(layer, **config)
        self.data_init = data_init

    def build(self, input_shape):
        """The layer, g, and what Keras 2 kept for the initialisation."""
        super().build(input_shape)
        kernel = self.layer.kernel
        self.g = self.add_weight(shape=kernel.shape[-1:], initializer="ones", name="g")
        self.is_initialized = self.add_weight(
            shape=(), dtype="bool", initializer="zeros", trainable=False, name="initialized"
        )
        if self.data_init:
            self._naked_clone_layer = self.layer.__class__.from_config(self.layer.get_config())
            self._naked_clone_layer.trainable = False
            self._naked_clone_layer.build(input_shape)
        self.layer.load_own_variables = functools.partial(_load_layer, self.layer)

    def call(self, inputs):
        """What the wrapped layer returns with the normalised kernel."""
        v = ops.convert_to_tensor(self.layer.kernel)
        power = ops.sum(ops.square(v), axis=range(len(v.shape) - 1), keepdims=True)
        kernel = v * ops.rsqrt(ops.maximum(power, 1e-12)) * ops.cast(self.g, v.dtype)
        with keras.StatelessScope(state_mapping=[(self.layer.kernel, kernel)]):
            return self.layer(inputs)

    def load_own_variables(self, store):
        """Reads g and the mark of initialisation; in Keras 2 also the kernel, between them."""
        self.g.assign(store["0"])
        self.is_initialized.assign(store[str(len(store.keys()) - 1)])
        if len(store.keys()) == 3:
            self.layer.kernel.assign(store["1"])

    def get_config(self):
        """What the file holds."""
        return super().get_config() | {"data_init": self.data_init}


def _load_layer(layer, store):
    """Reads the wrapped layer's weights, or all but the kernel, which Keras 2 kept outside."""
    weights = [*layer.trainable_variables, *layer.non_trainable_variables]
    missing = len(weights) - len(store.keys())
    if missing not in (0, 1):
        raise ValueError(f"{layer.name} has {len(weights)} weights, the file {len(store.keys())}")
    for i, weight in enumerate(weights[missing:]):
        weight.assign(store[str(i)])


def require_initialized(subject: str, model) -> None:
    """Raises InputError where a WeightNormalization in `model` still waits for its first batch."""
    for layer in model._flatten_layers():
        waits = isinstance(layer, WeightNormalization) and not _is_true(layer.is_initialized)
        if waits:
            raise InputError(
                f"{subject}: its layer {layer.name} was saved before it saw a first batch; call "
                "the model once where it was built, and save it again"
            )


def _is_true(variable):
    return bool(ops.convert_to_numpy(variable))
