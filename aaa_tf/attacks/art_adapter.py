"""Our pipelines as estimators of ART, the Adversarial Robustness Toolbox (Nicolae et al. 2018).

    estimator = make_art_classifier(logits_fn, image_shape=(28, 28, 1), num_classes=10)
    art.attacks.evasion.AutoAttack(estimator, eps=0.3).generate(images, labels)

ART is an extra (`pip install 'aaa_tf[art]'`), imported when first used. What its attacks return can
be judged by our own rules: `bin/evaluate --adversarial_images=FILE.npz`.
"""

import importlib
import warnings

import tensorflow as tf

from aaa_tf.errors import InputError


def import_art(module: str):
    """The module `art.<module>`; InputError with what to install where ART is missing."""
    with warnings.catch_warnings():
        # ART tells about every framework that is not there.
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(f"art.{module}")
        except ImportError as error:
            raise InputError(
                "this needs ART; install it with: pip install 'aaa_tf[art]'"
            ) from error


def make_art_classifier(logits_fn, *, image_shape, num_classes: int):
    """A white-box estimator: ART differentiates the whole of `logits_fn`.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, num_classes).
        image_shape: (height, width, channels).
        num_classes: number of logits.

    Returns:
        An art.estimators.classification.TensorFlowV2Classifier with pixels in [0, 1].

    Raises:
        InputError: if ART is not installed.
    """
    classification = import_art("estimators.classification")

    @tf.function(jit_compile=False)
    def model(images, training=False):
        del training  # ART asks; a pipeline is always in inference mode
        return logits_fn(images)

    return classification.TensorFlowV2Classifier(
        model=model,
        nb_classes=num_classes,
        input_shape=tuple(image_shape),
        loss_object=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        clip_values=(0.0, 1.0),
    )


def make_art_black_box(predict, *, image_shape, num_classes: int):
    """An estimator that gives ART nothing but `predict`: NumPy images -> NumPy scores."""
    classification = import_art("estimators.classification")
    return classification.BlackBoxClassifier(
        predict, tuple(image_shape), num_classes, clip_values=(0.0, 1.0)
    )
