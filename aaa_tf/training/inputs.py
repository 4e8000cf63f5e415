"""What a training of the autoencoder is given, checked before anything is written.

require_natives(natives, dataset, config)
initial = initial_autoencoder(dataset, config, autoencoder)
require_objective(config, initial, natives[0])
"""

import numpy as np
import tensorflow as tf

from aaa_tf.config import name_loss
from aaa_tf.differentiability import make_probe_images
from aaa_tf.errors import InputError, first_line
from aaa_tf.models import autoencoders, image_models, precision
from aaa_tf.models.defended import require_same_shape
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.models.pretrained import resolve_autoencoder
from aaa_tf.training.aaa import require_trainable_against
from aaa_tf.training.objective import make_objective

# Two numbers of images, so that a shape that has nothing to do with them shows.
_NUM_TRIED = (3, 4)


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
    try:
        copy = precision.copy_with_precision(model, "float32")
        precision.require_same_answers(model, copy, model, images)
    except Exception as error:  # whatever a layer raises that is made anew without all it needs
        raise InputError(
            f"Keras cannot copy autoencoder=, which a training does ({first_line(error)}); let "
            "get_config of your classes tell all that they were made with"
        ) from error
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


def require_objective(config, autoencoder, native) -> None:
    """Tries a function that is given as loss as the training will; a named loss is known to do.

    Args:
        config: AAAConfig.
        autoencoder: Keras model G.
        native: FrozenClassifier F.

    Raises:
        InputError: if it cannot be traced, or gives no finite number for each image, or nothing
            that G could follow; with free replay, whose last attack climbs it, also nothing that
            the adversary could.
    """
    if not callable(config.loss):
        return
    name = name_loss(config.loss)
    for num_images in _NUM_TRIED:
        try:
            values, by_weights, by_images = _try_objective(config, autoencoder, native, num_images)
        except Exception as error:  # the user's code may raise anything
            raise InputError(f"loss {name} fails: {first_line(error)}") from error
        if values.shape != (num_images,):
            raise InputError(
                f"loss {name} has the shape {tuple(values.shape)} for {num_images} images; needed "
                f"is one number for each, ({num_images},)"
            )
        if not np.isfinite(values).all():
            raise InputError(f"loss {name} is not finite on random images")
        if not _is_useful(by_weights):
            raise InputError(
                f"loss {name} has no finite gradient but 0 by the autoencoder's weights; compute "
                "it in TensorFlow from reconstruction, logits or clean_logits"
            )
        if config.free_replays > 1 and not _is_useful([by_images]):
            raise InputError(
                f"loss {name} has no gradient by the attacked images, which free_replays climbs"
            )


def identify_objective(config, image_shape, num_classes: int) -> str:
    """Tells one function given as loss from another of the same name: by what it answers.

    To three digits, because processors round differently; not at all where two calls differ.
    """
    rng = np.random.default_rng(0)
    images, reconstruction = rng.random((2, 5, *image_shape), np.float32)
    logits, clean_logits = rng.normal(size=(2, 5, num_classes)).astype(np.float32)
    labels = np.arange(5, dtype=np.int32) % num_classes
    given = [tf.constant(p) for p in (reconstruction, logits, clean_logits, images, labels)]
    first, again = (make_objective(config)(*given)["loss"].numpy() for _ in range(2))
    return " ".join(f"{value:.2e}" for value in first) if np.array_equal(first, again) else ""


def _try_objective(config, autoencoder, native, num_images):
    """Values, and gradients by G's weights and by attacked images, compiled as in training."""
    objective = make_objective(config)
    images = make_probe_images(autoencoder.input_shape[1:], num_images)
    labels = tf.range(num_images, dtype=tf.int32) % native.num_classes

    @tf.function(jit_compile=False)
    def differentiate(attacked):
        with tf.GradientTape() as tape:
            tape.watch(attacked)
            reconstruction = autoencoder(attacked)
            logits, clean_logits = map(native.logits_fn, (reconstruction, autoencoder(images)))
            values = objective(reconstruction, logits, clean_logits, images, labels)["loss"]
        return values, *tape.gradient(values, [autoencoder.trainable_variables, attacked])

    return differentiate(tf.roll(images, 1, axis=0))  # others than the clean ones


def _is_useful(gradients):
    """Whether gradients lead anywhere."""
    found = [np.asarray(part) for part in gradients if part is not None]
    return all(np.isfinite(part).all() for part in found) and any(part.any() for part in found)
