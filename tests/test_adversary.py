"""The cheap recipes against their definitions, computed here step by step."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses
from aaa_tf.attacks import training_pgd
from aaa_tf.config import ClassifierConfig
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.training import aaa, adversary
from aaa_tf.training.attack_state import AttackState
from tests.aaa_parts import Parts, start_of, step_number, xent_gradient


def test_ramp_rises_linearly_to_full_strength(tiny_config):
    config = dataclasses.replace(tiny_config, train_steps=99, warmup_steps=10, ramp_steps=4)
    strengths = [
        float(adversary.attack_strength(tf.constant(s), config)) for s in (5, 10, 11, 12, 13, 99)
    ]
    assert strengths == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    without = dataclasses.replace(tiny_config, warmup_steps=0, ramp_steps=0)
    assert float(adversary.attack_strength(tf.constant(0), without)) == 1.0


def test_a_classifiers_adversary_rises_too():
    """At full strength from the first update, Madry's MNIST network never leaves chance."""
    config = ClassifierConfig(eps=0.2, step_size=0.1, num_steps=3, adversarial=True, ramp_steps=4)
    strength = adversary.plan_strength(step_number(1), config)
    np.testing.assert_allclose([strength.eps, strength.step_size], [0.1, 0.05], rtol=1e-6)
    assert int(strength.num_steps) == 3


def test_fast_fgsm_is_one_long_step_from_a_random_start(tiny_config):
    """Wong et al. 2020, algorithm 3: uniform start, 1.25 eps along the sign, back into the ball."""
    config = dataclasses.replace(tiny_config, num_steps=1, step_size=1.25 * 0.2)
    parts = Parts(config)
    start = start_of(parts, 5)
    moved = start + 1.25 * 0.2 * tf.sign(xent_gradient(parts, start))
    expected = np.clip(np.clip(moved, parts.images - 0.2, parts.images + 0.2), 0, 1)
    np.testing.assert_allclose(parts.attack(step=5), expected, atol=1e-6)


@pytest.mark.parametrize(("step", "doublings", "num_steps"), [(2, 0, 1), (5, 0, 4), (5, 2, 16)])
def test_curriculum_and_doublings_are_plain_pgd_of_that_many_steps(
    tiny_config, step, doublings, num_steps
):
    config = dataclasses.replace(
        tiny_config, step_curriculum=(1, 4), ramp_steps=0, validation_num_steps=16
    )
    parts = Parts(config)
    state = AttackState(config, (8, 8, 1))
    state.num_doublings.assign(doublings)
    pipeline = make_defended_logits_fn(parts.autoencoder, parts.native.logits_fn)
    found = aaa.attack(
        pipeline, parts.images, parts.labels, parts.positions, step_number(step), config, state
    )
    expected = training_pgd.projected_gradient_descent(
        pipeline, parts.images, parts.labels, eps=0.2, step_size=2 * 0.1 / num_steps,
        num_steps=num_steps, start=start_of(parts, step),
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_trades_is_its_definition_adversary_and_all(tiny_config):
    """Zhang et al. 2019, algorithm 1, with AAA's reconstruction added and a uniform start."""
    config = dataclasses.replace(
        tiny_config, loss="trades_mse", trades_beta=3.0, lambda_=7.0, num_steps=1
    )
    parts = Parts(config, keras.optimizers.SGD(0.5))
    pipeline = make_defended_logits_fn(parts.autoencoder, parts.native.logits_fn)
    clean, start = tf.nn.softmax(pipeline(parts.images)), start_of(parts, 5)
    with tf.GradientTape() as tape:
        tape.watch(start)
        attacked = tf.nn.softmax(pipeline(start))
        divergence = tf.reduce_sum(clean * tf.math.log(clean / attacked), axis=1)
    moved = start + config.step_size * tf.sign(tape.gradient(divergence, start))
    adversarial_images = np.clip(np.clip(moved, parts.images - 0.2, parts.images + 0.2), 0, 1)
    np.testing.assert_allclose(parts.attack(step=5), adversarial_images, atol=1e-6)
    weights = parts.autoencoder.trainable_variables
    with tf.GradientTape() as tape:
        clean_logits = pipeline(parts.images)
        clean = tf.nn.softmax(clean_logits)
        reconstruction = parts.autoencoder(adversarial_images)
        attacked = tf.nn.softmax(parts.native.logits_fn(reconstruction))
        divergence = tf.reduce_sum(clean * tf.math.log(clean / attacked), axis=1)
        mse = tf.reduce_mean((reconstruction - parts.images) ** 2, axis=(1, 2, 3))
        xent = losses.softmax_cross_entropy(clean_logits, parts.labels)
        expected = tf.reduce_mean(xent + 3 * divergence + 7 * mse)
    gradients = tape.gradient(expected, weights)
    before = [weight.numpy() for weight in weights]
    found = parts.run(step=5)
    assert float(found["loss"]) == pytest.approx(float(expected), rel=1e-4)
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        np.testing.assert_allclose(old - weight.numpy(), 0.5 * gradient, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "step", "num_steps", "per_example"),
    [
        ({"num_steps": 7}, 5, 7, 7 + 1),
        ({"num_steps": 7}, 0, 0, 1),  # warm-up
        ({"step_curriculum": (3, 40)}, 5, 40, 40 + 1),
        ({"num_steps": 1, "free_replays": 8}, 5, 1, 1),
        ({"num_steps": 2, "free_replays": 8}, 5, 2, 2),
        ({"num_steps": 7, "loss": "trades_mse"}, 5, 7, 7 + 2),
    ],
)
def test_every_gradient_is_counted(tiny_config, values, step, num_steps, per_example):
    found = Parts(dataclasses.replace(tiny_config, **values)).run(step=step)
    assert float(found["num_steps"]) == num_steps
    assert float(found["num_gradients"]) == 20 * per_example
