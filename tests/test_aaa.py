import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms
from aaa_tf.errors import InputError
from aaa_tf.training import aaa
from tests.aaa_parts import Parts


@pytest.mark.parametrize("loss", ["xent", "mse", "xent_mse"])
def test_the_step_is_equation_3(tiny_config, loss):
    """Loss and update, computed here from the parts, with the CLEAN image as the target."""
    config = dataclasses.replace(tiny_config, loss=loss, lambda_=7.0)
    parts = Parts(config, keras.optimizers.SGD(0.5))
    adversarial_images = parts.attack(step=5)
    assert np.abs(adversarial_images - parts.images).max() > 0.19  # a real attack
    weights = parts.autoencoder.trainable_variables
    with tf.GradientTape() as tape:
        reconstruction = parts.autoencoder(adversarial_images)
        xent = tf.reduce_mean(
            losses.softmax_cross_entropy(parts.native.logits_fn(reconstruction), parts.labels)
        )
        mse = tf.reduce_mean((reconstruction - parts.images) ** 2)
        expected = {"xent": xent, "mse": mse, "xent_mse": xent + 7.0 * mse}[loss]
    gradients = tape.gradient(expected, weights)
    before = [weight.numpy() for weight in weights]
    found = parts.run(step=5)
    assert float(found["loss"]) == pytest.approx(float(expected), rel=1e-5)
    assert float(found["xent"]) == pytest.approx(float(xent), rel=1e-5)
    assert float(found["mse"]) == pytest.approx(float(mse), rel=1e-5)
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        np.testing.assert_allclose(old - weight.numpy(), 0.5 * gradient, atol=1e-6)


def test_only_the_autoencoder_changes(tiny_config):
    parts = Parts(tiny_config)
    before = parts.native.fingerprint()
    weights = [weight.numpy() for weight in parts.autoencoder.trainable_variables]
    parts.run(step=3)
    assert parts.native.fingerprint() == before
    for old, new in zip(weights, parts.autoencoder.trainable_variables, strict=True):
        assert np.any(old != new.numpy())


def reachable_operations(function):
    """Operations of a FunctionDef that its results need; TensorFlow runs no others."""
    nodes = {node.name: node for node in function.node_def}
    waiting, seen = [*function.ret.values(), *function.control_ret.values()], set()
    while waiting:
        name = waiting.pop().removeprefix("^").split(":")[0]
        if name in nodes and name not in seen:
            seen.add(name)
            waiting += nodes[name].input
    return [nodes[name].op for name in seen]


def test_no_gradient_of_the_classifiers_weights_is_computed(tiny_config):
    parts = Parts(tiny_config)
    step_fn = aaa.make_aaa_step(parts.autoencoder, parts.native, parts.optimizer, parts.config)
    concrete = tf.function(step_fn, jit_compile=False).get_concrete_function(
        parts.images, parts.labels, parts.positions, tf.constant(3, tf.int64)
    )
    library = concrete.graph.as_graph_def().library.function
    (attack,) = (f for f in library if "compute_gradient" in f.signature.name)
    assert reachable_operations(attack).count("Conv2DBackpropInput") >= 4
    assert reachable_operations(attack).count("Conv2DBackpropFilter") == 0
    # The update: one for each of the autoencoder's four kernels, none for the classifier's.
    assert reachable_operations(concrete.function_def).count("Conv2DBackpropFilter") == 4


def test_warm_up_is_uniform_noise_of_eps_and_squared_error(tiny_config):
    parts = Parts(dataclasses.replace(tiny_config, warmup_steps=3, loss="xent"))
    key = seeds.fold_in(tiny_config.seed, seeds.ATTACK_START, 2)
    noisy = norms.random_start(parts.images, tiny_config.eps, "Linf", key, parts.positions)
    np.testing.assert_array_equal(parts.attack(step=2), noisy)
    found = parts.run(step=2)
    assert float(found["loss"]) == float(found["mse"])
    assert float(parts.run(step=3)["loss"]) != float(parts.run(step=3)["mse"])


def test_natives_are_drawn_by_seed_step_and_period(tiny_config):
    draws = [aaa.draw_native(step, tiny_config) for step in range(200)]
    assert draws == [aaa.draw_native(step, tiny_config) for step in range(200)]
    assert 60 < sum(draws) < 140
    slow = dataclasses.replace(tiny_config, native_period=10)
    by_period = np.reshape([aaa.draw_native(step, slow) for step in range(200)], (20, 10))
    assert np.all(by_period == by_period[:, :1])
    assert 0 < by_period[:, 0].sum() < 20


def test_a_native_without_gradient_is_refused(tiny_config):
    parts = Parts(tiny_config)
    parts.native = dataclasses.replace(parts.native, has_gradient=False)
    with pytest.raises(InputError, match="gives no gradient"):
        parts.run(step=0)
