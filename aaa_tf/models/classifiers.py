"""Every classifier of the paper, under its letter and a plain name.

    classifier = build_classifier("A", image_shape=(28, 28, 1), num_classes=10)

All take float32 images in [0, 1] and return logits. A to C are the paper's MNIST ensemble, D to F
its CIFAR-10 ensemble (section 4), zheng its Fashion-MNIST native (section 5). The paper gives no
sizes for B, C and F and only the family of E; those chosen here stand in each builder.
"""

import functools

import keras
from keras import layers

from aaa_tf.errors import require_known
from aaa_tf.models import madry


def build_small_cnn(image_shape, num_classes) -> keras.Model:
    """One 5x5 convolution of 32 filters, pooling, dense 128: classifier B."""
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(padding="same"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(num_classes),
        ],
        name="small_cnn",
    )


def build_dense(image_shape, num_classes) -> keras.Model:
    """Dense 512, 256: classifier C, and the transfer classifier of Fashion-MNIST."""
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(256, activation="relu"),
            layers.Dense(num_classes),
        ],
        name="dense",
    )


def build_vgg19(image_shape, num_classes) -> keras.Model:
    """VGG-19 for small images, batch normalisation, one dense layer on top: classifier E.

    The 16 convolutions of configuration E of Simonyan & Zisserman 2015. With 32x32 pixels nothing
    is left to flatten but one position, so the two dense layers of 4,096 are left out.
    """
    inputs = x = keras.Input(image_shape)
    for filters, num_convolutions in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        for _ in range(num_convolutions):
            x = layers.Conv2D(
                filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"
            )(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D(padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(num_classes)(x), name="vgg19")


def build_cnn4(image_shape, num_classes) -> keras.Model:
    """Four 3x3 convolutions of 32, 32, 64, 64 filters and one dense layer: classifier F."""
    inputs = x = keras.Input(image_shape)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(padding="same")(x)
    return keras.Model(inputs, layers.Dense(num_classes)(layers.Flatten()(x)), name="cnn4")


def build_zheng(image_shape, num_classes) -> keras.Model:
    """The Fashion-MNIST network of Zheng et al. 2019 (Distributionally Adversarial Attack)."""
    init = madry.original_initializers()
    inputs = x = keras.Input(image_shape)
    for filters, kernel_size in ((32, 5), (64, 3)):
        for _ in range(2):
            x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu", **init)(x)
        x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1024, activation="relu", **init)(x)
    x = layers.BatchNormalization()(x)
    return keras.Model(inputs, layers.Dense(num_classes, **init)(x), name="zheng")


_BUILDERS = {
    "madry_mnist": madry.build_madry_mnist,
    "small_cnn": build_small_cnn,
    "dense": build_dense,
    "madry_cifar10": madry.build_madry_cifar10,
    "madry_cifar10_narrow": functools.partial(
        madry.build_madry_cifar10, filters=madry.NARROW_FILTERS
    ),
    "vgg19": build_vgg19,
    "cnn4": build_cnn4,
    "zheng": build_zheng,
}
LETTERS = {
    "A": "madry_mnist",
    "B": "small_cnn",
    "C": "dense",
    "D": "madry_cifar10",
    "E": "vgg19",
    "F": "cnn4",
}
NAMES = tuple(LETTERS) + tuple(_BUILDERS)


def plain_name(name: str) -> str:
    """The plain name that a letter of the paper stands for; any other name as it is."""
    return LETTERS.get(name, name)


def build_classifier(
    name: str, *, image_shape, num_classes: int, seed: int | None = None
) -> keras.Model:
    """Builds a classifier of the paper.

    Args:
        name: the paper's letter (A to F) or a plain name, see `NAMES`.
        image_shape: (height, width, channels).
        num_classes: number of logits.
        seed: seed of the initial weights; it sets the global seeds of Keras, NumPy and Python.
            None leaves them as they are.

    Returns:
        Keras model: (N, *image_shape) float32 in [0, 1] -> logits (N, num_classes).

    Raises:
        InputError: for an unknown name.
    """
    require_known("model", name, NAMES)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return _BUILDERS[plain_name(name)](tuple(image_shape), num_classes)
