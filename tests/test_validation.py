import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses
from aaa_tf.config import ClassifierConfig
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import validation
from tests.conftest import build_tiny_classifier, make_split

ON_ATTACKED = validation.make_classifier_objective(ClassifierConfig(adversarial=True))


def make_threshold_fn(bias):
    """Class 1 exactly where the mean pixel is above one half."""

    def logits_fn(images):
        score = 10 * (tf.reduce_mean(images, axis=(1, 2, 3)) - 0.5) + bias
        return tf.stack([-score, score], axis=1)

    return logits_fn


def test_robust_where_the_margin_exceeds_eps(tiny_config):
    split = make_split(10, 0)
    means = np.linspace(0.1, 0.9, 10, dtype=np.float32)
    images = np.broadcast_to(means[:, None, None, None], split.images.shape)
    split = dataclasses.replace(split, images=images, labels=(means > 0.5).astype(np.int32))
    config = dataclasses.replace(
        tiny_config, eps=0.2, step_size=0.1, batch_size=4, validation_examples=10
    )
    validate = validation.make_validation(split, ON_ATTACKED, [make_threshold_fn(0.0)], config)
    values = validate()
    assert values["val_clean_accuracy"] == 1.0
    # Means 0.1, 0.19, 0.28 and their mirrors are more than 0.2 from one half.
    assert values["val_robust_accuracy"] == pytest.approx(0.6)
    assert values == validate()


def test_several_pipelines_are_averaged(tiny_config):
    pipelines = [make_threshold_fn(1e6), make_threshold_fn(-1e6)]  # always class 1, always class 0
    split = dataclasses.replace(make_split(12, 0), labels=np.ones(12, np.int32))
    values = validation.make_validation(split, ON_ATTACKED, pipelines, tiny_config)()
    assert values["val_clean_accuracy"] == values["val_robust_accuracy"] == 0.5


def test_full_eps_whatever_the_ramp(tiny_config):
    split = make_split(12, 0)
    pipeline = freeze_keras("f", build_tiny_classifier()).logits_fn
    results = [
        validation.make_validation(
            split, ON_ATTACKED, [pipeline],
            dataclasses.replace(
                tiny_config, ramp_steps=ramp_steps, warmup_steps=ramp_steps, train_steps=2000
            ),
        )()
        for ramp_steps in (0, 1000)
    ]  # fmt: skip
    assert results[0] == results[1]


def test_the_objective_reconstructs_towards_the_clean_image(tiny_config):
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    native = freeze_keras("f", build_tiny_classifier())
    config = dataclasses.replace(tiny_config, loss="mse")
    objective = validation.make_aaa_objective(autoencoder, config)
    split = make_split(6, 0)
    images, adversarial_images = split.images, np.clip(split.images + 0.2, 0, 1)
    pipeline = make_defended_logits_fn(autoencoder, native.logits_fn)
    clean_logits, logits = pipeline(images), pipeline(adversarial_images)
    expected = np.mean((autoencoder(adversarial_images) - images) ** 2, axis=(1, 2, 3))
    found = objective(clean_logits, logits, adversarial_images, images, split.labels)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_objective_of_trades_takes_the_clean_prediction(tiny_config):
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    config = dataclasses.replace(tiny_config, loss="trades_mse", trades_beta=2.0, lambda_=0.0)
    objective = validation.make_aaa_objective(autoencoder, config)
    split = dataclasses.replace(make_split(1, 0), labels=np.array([1], np.int32))
    clean_logits, logits = np.log([[0.75, 0.25]]), np.log([[0.5, 0.5]])
    expected = -np.log(0.25) + 2 * (0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    found = objective(clean_logits, logits, split.images, split.images, split.labels)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_a_natural_training_is_judged_by_clean_images(tiny_config):
    split, pipeline = make_split(12, 0), make_threshold_fn(0.0)
    split = dataclasses.replace(split, labels=split.labels % 2)
    found = {
        is_adversarial: validation.make_validation(
            split,
            validation.make_classifier_objective(ClassifierConfig(adversarial=is_adversarial)),
            [pipeline],
            tiny_config,
        )()["val_loss"]
        for is_adversarial in (False, True)
    }
    clean = losses.softmax_cross_entropy(pipeline(split.images), split.labels)
    assert found[False] == pytest.approx(float(np.mean(clean)), rel=1e-5)
    assert found[True] > found[False]
