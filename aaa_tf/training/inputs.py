"""What a training of the autoencoder is given, checked before anything is written.

require_natives(natives, dataset, config)
initial = initial_autoencoder(dataset, config, autoencoder)
require_objective(config, initial, natives[0], dataset.train)
"""

import numpy as np
import tensorflow as tf

from aaa_tf.config import name_loss
from aaa_tf.differentiability import make_probe_images
from aaa_tf.errors import InputError
from aaa_tf.models import autoencoders, image_models, precision
from aaa_tf.models.defended import require_same_shape
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.models.pretrained import resolve_autoencoder
from aaa_tf.training.aaa import require_trainable_against
from aaa_tf.training.objective import make_objective


def require_natives(natives, dataset, config) -> None:
    """Raises InputError for natives that are not config's, do not fit, or give no gradient."""
    if len(natives) != len(config.native):
        raise InputError(
            f"{len(natives)} natives are given and config.native names {len(config.native)}: "
            f"{', '.join(config.native)}"
        )
    for native in natives:
        native.require_fits(dataset)
        require_trainable_against(native)


def _require_autoencoder(model, image_shape):
    """One of the user's own, if it maps images to images of the same shape, in [0, 1]."""
    model = image_models.require_image_model("autoencoder=", "autoencoder", model)
    require_same_shape(model, image_shape)
    if not precision.can_copy(model):
        raise InputError(
            "autoencoder= has a layer that Keras cannot make anew, such as a Lambda; take layers "
            "of Keras, or classes of your own with get_config"
        )
    images = make_probe_images(image_shape, 8)
    purified = np.asarray(model(images, training=False))
    if purified.shape != images.shape or not ((purified >= 0) & (purified <= 1)).all():
        raise InputError(
            f"autoencoder= maps {images.shape} to {purified.shape}, from {purified.min():g} to "
            f"{purified.max():g}; needed: the same shape, in [0, 1], as a sigmoid at the end gives"
        )
    return model


def initial_autoencoder(dataset, config, autoencoder=None):
    """The autoencoder that a training begins with: built, from a file, or the user's own.

    Args:
        dataset: Dataset.
        config: AAAConfig, which names an architecture or a file.
        autoencoder: Keras model of the user's own; None for what config names.

    Raises:
        InputError: if it does not map images of the data set to such images.
    """
    if autoencoder is not None:
        if config.init_autoencoder:
            raise InputError("give init_autoencoder or autoencoder=, not both")
        return _require_autoencoder(autoencoder, dataset.image_shape)
    if not config.init_autoencoder:
        return autoencoders.build_autoencoder(
            config.autoencoder, image_shape=dataset.image_shape, seed=config.seed
        )
    autoencoder = load_autoencoder(resolve_autoencoder(config.init_autoencoder))
    require_same_shape(autoencoder, dataset.image_shape)
    if autoencoder.name in autoencoders.NAMES and autoencoder.name != config.autoencoder:
        raise InputError(
            f"{config.init_autoencoder} is of the architecture {autoencoder.name}, not "
            f"{config.autoencoder}; give --autoencoder={autoencoder.name}"
        )
    return autoencoder


def require_objective(config, autoencoder, native, split) -> None:
    """Asks a function that is given as loss for the first images; a named loss is known to do.

    Args:
        config: AAAConfig.
        autoencoder: Keras model G.
        native: FrozenClassifier F.
        split: Split of the training images.

    Raises:
        InputError: if it gives no finite number for each image, or none with a gradient.
    """
    if not callable(config.loss):
        return
    first, name = split.first(2), name_loss(config.loss)
    images, labels = tf.constant(first.images), tf.constant(first.labels)
    with tf.GradientTape() as tape:
        reconstruction = autoencoder(images)
        logits = native.logits_fn(reconstruction)
        values = make_objective(config)(reconstruction, logits, logits, images, labels)["loss"]
    if values.shape != labels.shape:
        raise InputError(
            f"loss {name} has the shape {tuple(values.shape)} for {len(first)} images; needed is "
            f"one number for each, {tuple(labels.shape)}"
        )
    if not np.isfinite(values).all():
        raise InputError(f"loss {name} is not finite at the first training images")
    if all(part is None for part in tape.gradient(values, autoencoder.trainable_variables)):
        raise InputError(
            f"loss {name} has no gradient with respect to the autoencoder; compute it in "
            "TensorFlow from reconstruction, logits or clean_logits"
        )
