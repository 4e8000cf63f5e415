"""Any classifier a user has, from a file, as a FrozenClassifier.

    native = load_classifier("my_classifier.keras")
    native = load_classifier("serving/my_model/1")          # SavedModel, signature serving_default
    native = load_classifier("my.h5", pixel_range=(0, 255), mean=(123, 117, 104), std=(1, 1, 1))

The file is checked for code and for operations that do more than compute (`trust`), and its first
load happens in a process of its own (`isolation`). A Keras model that ends in softmax gives its
pre-softmax logits; other probabilities are floored and their logarithm taken (`probing`).
docs/wrapping.md is the user's guide.
"""

import os

import keras
import numpy as np

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.models.isolation import LoadLimits, require_loads
from aaa_tf.models.keras_files import load_keras_classifier, load_keras_model
from aaa_tf.models.madry_checkpoints import import_madry_checkpoint, is_checkpoint
from aaa_tf.models.probing import probe
from aaa_tf.models.saved_model_files import name_newest_version
from aaa_tf.models.saved_models import load_saved_model_classifier


def load_classifier(
    path: str,
    *,
    image_shape=None,
    signature: str = "serving_default",
    pixel_range=(0.0, 1.0),
    mean=None,
    std=None,
    trust: bool = False,
    isolate: bool = True,
    limits: LoadLimits | None = None,
) -> FrozenClassifier:
    """Loads a classifier from a Keras file or a SavedModel directory.

    Args:
        path: .keras, .h5, a directory with a saved_model.pb, or the prefix of a checkpoint of
            Madry's challenges.
        image_shape: (height, width, channels) of the images it is meant for; it is probed with
            that size where it takes any, and refused where the number of channels differs.
        signature: which signature of a SavedModel maps images to logits or probabilities; where
            serving_default is absent, the only one that takes images stands for it.
        pixel_range: the range (low, high) of the pixels that the classifier was trained on.
        mean: per-channel mean, subtracted after the change of range; None for none.
        std: per-channel deviation, divided by after that; None for none.
        trust: run what the file carries: code, references to other files, any operation.
        isolate: load it in a process of its own first; see `isolation`. Without, a damaged file
            can end this process. Classes registered in this process are not known in the other.
        limits: of that process; None for the defaults of LoadLimits.

    Returns:
        A FrozenClassifier that takes images in [0, 1].

    Raises:
        InputError: missing, truncated or foreign file; content that needs trust; an input that is
            no image batch; an output that is not one row of class scores.
    """
    path = str(path).rstrip("/") or "/"
    options = {
        "image_shape": _plain(image_shape),
        "signature": signature,
        "pixel_range": _plain(pixel_range),
        "mean": _plain(mean),
        "std": _plain(std),
        "trust": trust,
    }
    make_preprocess(pixel_range, mean, std)
    if not is_checkpoint(path) and not os.path.exists(path):
        raise InputError(f"no classifier at {path}; give a .keras or .h5 file or a SavedModel")
    if isolate:
        require_loads(path, options, limits or LoadLimits())
    return load_here(path, **options)


def load_here(
    path: str, *, image_shape, signature, pixel_range, mean, std, trust
) -> FrozenClassifier:
    """`load_classifier` in this process at once; the arguments are the same."""
    preprocess = make_preprocess(pixel_range, mean, std)
    if is_checkpoint(path):
        classifier = freeze_keras(path, import_madry_checkpoint(path), preprocess=preprocess)
    elif os.path.isdir(path):
        classifier = load_saved_model_classifier(path, signature, preprocess, trusted=trust)
    else:
        classifier = load_keras_classifier(path, preprocess, trusted=trust)
    return probe(classifier, image_shape)


def _plain(numbers):
    """Numbers, an array or None as JSON can hold them."""
    return None if numbers is None else np.asarray(numbers).tolist()


def make_preprocess(pixel_range, mean, std):
    """The map from [0, 1] to a classifier's own pixels, or None where it is the identity."""
    low, high = pixel_range
    if not low < high:
        raise InputError(f"pixel_range must rise, not {low} to {high}")
    if std is not None and not np.all(np.asarray(std) > 0):
        raise InputError(f"std must be above 0, not {std}")
    if (low, high) == (0, 1) and mean is None and std is None:
        return None
    shift = low - np.asarray(0 if mean is None else mean, np.float32)
    scale = np.asarray(1 if std is None else std, np.float32)

    def preprocess(images):
        for name, numbers in (("mean", shift), ("std", scale)):
            if numbers.size not in (1, images.shape[-1]):
                raise InputError(
                    f"{name} has {numbers.size} numbers and the images {images.shape[-1]} "
                    "channels; give one number, or one for each channel"
                )
        return (images * np.float32(high - low) + shift) / scale

    return preprocess


def load_autoencoder(path) -> keras.Model:
    """Loads an autoencoder that a training has written.

    Args:
        path: a .keras file, or the run directory that holds autoencoder.keras; string or Path.

    Returns:
        The Keras model, images in [0, 1] -> images of the same shape.

    Raises:
        InputError: missing or damaged file, or a model that returns another shape than it takes.
    """
    path = given = os.fspath(path)
    if os.path.isdir(path):
        path = os.path.join(path, "autoencoder.keras")
    if not os.path.isfile(path):
        newest = name_newest_version(given)
        raise InputError(
            f"no autoencoder at {path}; give a .keras or .h5 file, a run directory, or a name of "
            f"saved_models/{newest and '; an exported pipeline is taken as a classifier' + newest}"
        )
    autoencoder = load_keras_model(path, "autoencoder")
    if autoencoder.input_shape != autoencoder.output_shape:
        raise InputError(
            f"{path} maps {autoencoder.input_shape[1:]} to {autoencoder.output_shape[1:]}; "
            "an autoencoder returns the shape it takes"
        )
    return autoencoder
