"""The autoencoder G: images in, purified images of the same shape out, in [0, 1].

    autoencoder = build_autoencoder("conv_bottleneck", image_shape=(28, 28, 1))

conv                  two strided 5x5 convolutions, and transposed ones back
conv_bottleneck       the same around a dense code of 128 numbers: everything must pass through it
conv_bottleneck_wide  twice the first filters and the code: 256 numbers
unet                  skip connections at every resolution (Ronneberger et al. 2015), for
                      photographs

The paper names the families and gives no sizes (section 4). Strided layers round sizes up, and a
crop at the end restores any height and width. No layer behaves differently in training.
"""

import functools
import math

import keras
from keras import layers

from aaa_tf.errors import InputError, require_known

CODE_LAYER, SKIP_LAYER = "code", "skip"


def _convolution(filters, stride=1, kernel_size=5, **kwargs):
    return layers.Conv2D(
        filters, kernel_size, strides=stride, padding="same", activation="relu", **kwargs
    )


def _transposed(filters, activation="relu"):
    return layers.Conv2DTranspose(filters, 5, strides=2, padding="same", activation=activation)


def _finish(x, image_shape):
    """Crops to the image's size and squashes to [0, 1], in float32 under every policy."""
    height, width, _ = image_shape
    crop = ((0, x.shape[1] - height), (0, x.shape[2] - width))
    if crop != ((0, 0), (0, 0)):
        x = layers.Cropping2D(crop)(x)
    return layers.Activation("sigmoid", dtype="float32", name="pixels")(x)


def build_conv(image_shape) -> keras.Model:
    """Convolutional autoencoder without a dense bottleneck; the code is (H/4, W/4, 64)."""
    inputs = keras.Input(image_shape)
    x = _convolution(32, stride=2)(inputs)
    x = _convolution(64, stride=2, name=CODE_LAYER)(x)
    x = _transposed(32)(x)
    x = _transposed(image_shape[-1], activation=None)(x)
    return keras.Model(inputs, _finish(x, image_shape), name="conv")


def build_conv_bottleneck(
    image_shape, *, filters=32, code_units=128, name="conv_bottleneck"
) -> keras.Model:
    """Convolutional autoencoder with a dense code of `code_units` numbers."""
    height, width, channels = image_shape
    rows, columns = math.ceil(math.ceil(height / 2) / 2), math.ceil(math.ceil(width / 2) / 2)
    inputs = keras.Input(image_shape)
    x = _convolution(filters, stride=2)(inputs)
    x = _convolution(64, stride=2)(x)
    x = layers.Dense(code_units, activation="relu", name=CODE_LAYER)(layers.Flatten()(x))
    x = layers.Dense(rows * columns * 64, activation="relu")(x)
    x = layers.Reshape((rows, columns, 64))(x)
    x = _transposed(filters)(x)
    x = _transposed(channels, activation=None)(x)
    return keras.Model(inputs, _finish(x, image_shape), name=name)


def build_unet(image_shape) -> keras.Model:
    """U-Net with 32, 64 and 128 filters at full, half and quarter resolution."""
    inputs = x = keras.Input(image_shape)
    skips = []
    for filters in (32, 64):
        x = _convolution(filters, kernel_size=3)(x)
        skips.append(_convolution(filters, kernel_size=3, name=f"{SKIP_LAYER}{len(skips)}")(x))
        x = layers.MaxPooling2D(padding="same")(skips[-1])
    x = _convolution(128, kernel_size=3)(x)
    x = _convolution(128, kernel_size=3, name=CODE_LAYER)(x)
    for filters, skip in ((64, skips[1]), (32, skips[0])):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        crop = ((0, x.shape[1] - skip.shape[1]), (0, x.shape[2] - skip.shape[2]))
        x = layers.Concatenate()([layers.Cropping2D(crop)(x), skip])
        x = _convolution(filters, kernel_size=3)(x)
        x = _convolution(filters, kernel_size=3)(x)
    x = layers.Conv2D(image_shape[-1], 1)(x)
    return keras.Model(inputs, _finish(x, image_shape), name="unet")


_WIDE = "conv_bottleneck_wide"
_BUILDERS = {
    "conv": build_conv,
    "conv_bottleneck": build_conv_bottleneck,
    _WIDE: functools.partial(build_conv_bottleneck, filters=64, code_units=256, name=_WIDE),
    "unet": build_unet,
}
NAMES = tuple(_BUILDERS)


def build_autoencoder(name: str, *, image_shape, seed: int | None = None) -> keras.Model:
    """Builds an untrained autoencoder.

    Args:
        name: one of `NAMES`.
        image_shape: (height, width, channels), any.
        seed: seed of the initial weights; it sets the global seeds of Keras, NumPy and Python.
            None leaves them as they are.

    Returns:
        Keras model: (N, *image_shape) float32 in [0, 1] -> the same shape and range.

    Raises:
        InputError: for an unknown name.
    """
    require_known("autoencoder", name, NAMES)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return _BUILDERS[name](tuple(image_shape))


def make_encode(autoencoder: keras.Model, *, bottleneck_only: bool = False):
    """The encoder inside an autoencoder, for attacks on the code.

    Args:
        autoencoder: built by `build_autoencoder`, or loaded from its file.
        bottleneck_only: leave out a U-Net's skip tensors, which are part of its code.

    Returns:
        encode(images) -> list of tensors: the bottleneck, then every skip tensor there is.

    Raises:
        InputError: if the model has no layer called "code".
    """
    names = {layer.name for layer in autoencoder.layers}
    if CODE_LAYER not in names:
        raise InputError(f"{autoencoder.name} has no layer '{CODE_LAYER}', so its code is unknown")
    skips = [] if bottleneck_only else sorted(n for n in names if n.startswith(SKIP_LAYER))
    outputs = [autoencoder.get_layer(name).output for name in (CODE_LAYER, *skips)]
    encoder = keras.Model(autoencoder.inputs[0], outputs)
    return lambda images: keras.tree.flatten(encoder(images, training=False))
