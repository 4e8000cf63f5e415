"""What free replay keeps from one update to the next, computed here step by step."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses
from aaa_tf.training import aaa, adversary
from aaa_tf.training.attack_state import AttackState
from tests.aaa_parts import Parts, start_of, step_number, xent_gradient


def replay_by_hand(parts, num_updates, num_steps):
    """Shafahi et al. 2019, algorithm 1, with num_steps - 1 further steps; all of the batch."""
    config, delta = parts.config, np.zeros(parts.images.shape, np.float32)
    images, weights = parts.images.numpy(), parts.autoencoder.trainable_variables
    for _ in range(num_updates):
        attacked = np.clip(images + delta, 0, 1)
        for _ in range(num_steps - 1):
            moved = attacked + config.step_size * np.sign(
                xent_gradient(parts, tf.constant(attacked))
            )
            attacked = np.clip(np.clip(moved, images - config.eps, images + config.eps), 0, 1)
        attacked = tf.constant(attacked)
        with tf.GradientTape() as tape:
            tape.watch(attacked)
            reconstruction = parts.autoencoder(attacked)
            logits = parts.native.logits_fn(reconstruction)
            loss = tf.reduce_mean(
                losses.softmax_cross_entropy(logits, parts.labels)
            ) + config.lambda_ * tf.reduce_mean((reconstruction - images) ** 2)
        of_weights, of_images = tape.gradient(loss, (weights, attacked))
        for weight, gradient in zip(weights, of_weights, strict=True):
            weight.assign_sub(0.1 * gradient)
        moved = attacked + config.step_size * np.sign(of_images)
        moved = np.clip(np.clip(moved, images - config.eps, images + config.eps), 0, 1)
        delta = moved - images
    return delta, [weight.numpy() for weight in weights]


@pytest.mark.parametrize("num_steps", [1, 2])
def test_free_replay_is_its_algorithm(tiny_config, num_steps):
    config = dataclasses.replace(
        tiny_config, free_replays=3, num_steps=num_steps, step_size=0.2, warmup_steps=0,
        ramp_steps=0,
    )  # fmt: skip
    expected_delta, expected_weights = replay_by_hand(Parts(config), 3, num_steps)
    parts = Parts(config, keras.optimizers.SGD(0.1))
    state = AttackState(config, (8, 8, 1))
    step_fn = aaa.make_aaa_step(parts.autoencoder, parts.native, parts.optimizer, config, state)
    for step in range(3):
        step_fn(parts.images, parts.labels, parts.positions, step_number(step))
    for found, expected in zip(
        parts.autoencoder.trainable_variables, expected_weights, strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    # A sign may flip where a gradient is nearly zero; nowhere else.
    is_equal = np.isclose(state.perturbation.numpy(), expected_delta, atol=1e-5)
    assert is_equal.mean() > 0.999
    assert np.abs(expected_delta).max() > 0.19


def test_the_warm_up_of_free_replay_is_noise_and_keeps_nothing(tiny_config):
    config = dataclasses.replace(tiny_config, free_replays=2, num_steps=1, warmup_steps=3)
    parts = Parts(config)
    state = AttackState(config, (8, 8, 1))
    strength = adversary.plan_strength(step_number(2), config, state)
    found = adversary.find_adversarial_images(
        None, parts.images, parts.labels, parts.positions, step_number(2), strength, config, state
    )
    np.testing.assert_array_equal(found, start_of(parts, 2))
    step_fn = aaa.make_aaa_step(parts.autoencoder, parts.native, parts.optimizer, config, state)
    step_fn(parts.images, parts.labels, parts.positions, step_number(2))
    assert not np.any(state.perturbation)
