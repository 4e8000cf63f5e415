"""Keras ports of the networks of Madry's MNIST and CIFAR-10 challenges (Madry et al. 2018).

Layers carry the names of the originals' TensorFlow 1 variables, which is what
`madry_checkpoints` relies on. Both return logits and take pixels in [0, 1]; the CIFAR-10 original
took 0 to 255, so the port multiplies by 255 before it standardises.
"""

import keras
from keras import layers

WIDE_FILTERS = (16, 160, 320, 640)
NARROW_FILTERS = (16, 16, 32, 64)
_UNITS_PER_STAGE = 5


def build_madry_mnist(image_shape, num_classes) -> keras.Model:
    """Two 5x5 convolutions with pooling, then dense 1,024: classifier A of the paper.

    Args:
        image_shape: (height, width, channels).
        num_classes: number of logits.

    Returns:
        Keras model: (N, *image_shape) float32 in [0, 1] -> logits (N, num_classes).

    Reference: mnist_challenge, model.py.
    """
    init = original_initializers()
    inputs = keras.Input(image_shape)
    x = layers.Conv2D(32, 5, padding="same", activation="relu", name="conv1", **init)(inputs)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Conv2D(64, 5, padding="same", activation="relu", name="conv2", **init)(x)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1024, activation="relu", name="fc1", **init)(x)
    return keras.Model(inputs, layers.Dense(num_classes, name="fc2", **init)(x), name="madry_mnist")


def original_initializers() -> dict:
    """Initialisers of the MNIST original: truncated normal of deviation 0.1, biases 0.1."""
    return dict(
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
        bias_initializer=keras.initializers.Constant(0.1),
    )


def build_madry_cifar10(image_shape, num_classes, filters=WIDE_FILTERS) -> keras.Model:
    """The residual network w32-10 (or its narrow form): classifier D of the paper.

    Args:
        image_shape: (height, width, channels).
        num_classes: number of logits.
        filters: channels after the first convolution and in each of the three stages.

    Returns:
        Keras model: (N, *image_shape) float32 in [0, 1] -> logits (N, num_classes).

    Reference: cifar10_challenge, model.py; Zagoruyko & Komodakis 2016 for the wide form.
    """
    inputs = keras.Input(image_shape)
    x = PerImageStandardization(name="standardize")(inputs)
    x = _convolution(x, filters[0], 1, "input/init_conv")
    for stage, stride in enumerate((1, 2, 2), start=1):
        for unit in range(_UNITS_PER_STAGE):
            x = _residual_unit(
                x,
                filters[stage],
                stride=stride if unit == 0 else 1,
                activate_before_residual=stage == 1 and unit == 0,
                name=f"unit_{stage}_{unit}",
            )
    x = _normalize_and_activate(x, "unit_last")
    x = layers.GlobalAveragePooling2D()(x)
    logits = layers.Dense(
        num_classes,
        # The original's uniform_unit_scaling: uniform in +-sqrt(3 / fan_in).
        kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "uniform"),
        name="logit",
    )(x)
    return keras.Model(inputs, logits, name="madry_cifar10")


def _residual_unit(x, filters, *, stride, activate_before_residual, name):
    shortcut = x
    scope = "shared_activation" if activate_before_residual else "residual_only_activation"
    x = _normalize_and_activate(x, f"{name}/{scope}")
    if activate_before_residual:
        shortcut = x
    x = _convolution(x, filters, stride, f"{name}/sub1/conv1")
    x = _normalize_and_activate(x, f"{name}/sub2")
    x = _convolution(x, filters, 1, f"{name}/sub2/conv2")
    if shortcut.shape[-1] != filters:
        if stride > 1:
            shortcut = layers.AveragePooling2D(stride, padding="same")(shortcut)
        shortcut = PadChannels(filters)(shortcut)
    return layers.Add()([x, shortcut])


def _convolution(x, filters, stride, name):
    return layers.Conv2D(
        filters,
        3,
        strides=stride,
        padding="same",
        use_bias=False,
        # The original's fan is kernel area times OUTPUT channels: He's fan-out form, untruncated.
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal"),
        name=name.replace("/", "."),
    )(x)


def _normalize_and_activate(x, scope):
    # tf.contrib's batch_norm: epsilon 0.001, decay 0.9 as given there.
    name = f"{scope}/BatchNorm".replace("/", ".")
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=name)(x)
    return layers.LeakyReLU(negative_slope=0.1)(x)


@keras.saving.register_keras_serializable(package="aaa_tf")
class PerImageStandardization(layers.Layer):
    """Each image times 255, minus its mean, over max(its deviation, 1 / sqrt(pixels)).

    The factor 255 restores the original's pixel range, on which the floor of the deviation acts:
    a nearly constant image comes out different without it.
    """

    def call(self, images):
        """Standardises (N, H, W, C) in [0, 1]; statistics in float32 whatever the policy."""
        pixels = keras.ops.cast(images, "float32") * 255.0
        mean = keras.ops.mean(pixels, axis=(1, 2, 3), keepdims=True)
        deviation = keras.ops.std(pixels, axis=(1, 2, 3), keepdims=True)
        size = pixels.shape[1] * pixels.shape[2] * pixels.shape[3]
        standardized = (pixels - mean) / keras.ops.maximum(deviation, size**-0.5)
        return keras.ops.cast(standardized, self.compute_dtype)


@keras.saving.register_keras_serializable(package="aaa_tf")
class PadChannels(layers.Layer):
    """Zero channels on both sides until there are `filters`, the original's shortcut."""

    def __init__(self, filters, **kwargs):
        """`filters`: channels afterwards; keyword arguments as for any Keras layer."""
        super().__init__(**kwargs)
        self.filters = filters

    def call(self, x):
        """(N, H, W, C) -> (N, H, W, filters)."""
        missing = self.filters - x.shape[-1]
        before = missing // 2
        return keras.ops.pad(x, ((0, 0), (0, 0), (0, 0), (before, missing - before)))

    def get_config(self):
        """Constructor arguments, for saving."""
        return super().get_config() | {"filters": self.filters}
