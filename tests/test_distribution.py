"""One device against two logical ones: the same run, random starts on."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import aaa, distribution, loop, runs
from tests.conftest import build_tiny_classifier, make_split


def two_devices():
    return distribution.build_strategy("mirrored")


def run_steps(strategy, config, build_optimizer, num_steps=10):
    """Final weights and the losses of each update."""
    with strategy.scope():
        autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
        native = freeze_keras("f", build_tiny_classifier()).copy_in_precision("float32")
        optimizer = build_optimizer()
        optimizer.build(autoencoder.trainable_variables)
        step_fn = aaa.make_aaa_step(autoencoder, native, optimizer, config)
    compiled = loop.compile_step(step_fn, strategy)
    batches = distribution.distribute_batches(
        strategy, make_split(60, 1), batch_size=20, seed=0, start_step=0, end_step=num_steps
    )
    losses = [
        float(compiled(batch, tf.constant(step, tf.int64))["loss"])
        for step, batch in zip(range(num_steps), batches, strict=False)
    ]
    return np.concatenate([w.ravel() for w in autoencoder.get_weights()]), np.array(losses)


def test_two_devices_end_with_the_weights_of_one(tiny_config):
    results = [
        run_steps(strategy, tiny_config, lambda: keras.optimizers.SGD(0.1))
        for strategy in (tf.distribute.get_strategy(), two_devices())
    ]
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-5)


def test_two_devices_see_the_losses_of_one_with_adam(tiny_config):
    results = [
        run_steps(strategy, tiny_config, lambda: loop.build_optimizer(tiny_config))
        for strategy in (tf.distribute.get_strategy(), two_devices())
    ]
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-4)


def test_random_starts_follow_the_place_in_the_global_batch(tiny_config):
    """Each device must not draw the noise of the first half: rows 10 to 19 have their own."""
    strategy = two_devices()
    config = dataclasses.replace(tiny_config, warmup_steps=5, train_steps=9)

    def draw(images, labels, positions):
        step = tf.constant(2, tf.int64)
        return aaa.attack(lambda x: x, images, labels, positions, step, config)

    images = tf.fill((20, 8, 8, 1), 0.5)
    arguments = (images, tf.zeros(20, tf.int32), tf.range(20, dtype=tf.int64))
    expected = draw(*arguments)
    batches = tf.data.Dataset.from_tensor_slices(arguments).batch(20)
    (batch,) = strategy.experimental_distribute_dataset(batches)
    found = strategy.experimental_local_results(strategy.run(draw, args=batch))
    assert [len(part) for part in found] == [10, 10]
    np.testing.assert_array_equal(np.concatenate(found), expected)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_whole_runs_agree(tmp_path, tiny_dataset, tiny_config, momentum):
    config = dataclasses.replace(tiny_config, ema_momentum=momentum)
    weights = []
    for name, strategy in (("one", tf.distribute.get_strategy()), ("two", two_devices())):
        natives = [freeze_keras(str(seed), build_tiny_classifier(seed)) for seed in (0, 1)]
        model = runs.train_autoencoder(
            tiny_dataset, natives, config, run_dir=tmp_path / name, strategy=strategy
        )
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    np.testing.assert_allclose(*weights, atol=1e-4)


def test_a_given_autoencoder_normalizes_over_the_global_batch(tmp_path, tiny_dataset, tiny_config):
    """Of an autoencoder from a file, too: two devices end with the weights of one."""
    inputs = keras.Input((8, 8, 1))
    # Without a bias, whose gradient before a normalization is nothing but rounding.
    convolved = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    normalized = keras.layers.BatchNormalization()(convolved)
    outputs = keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(normalized)
    keras.Model(inputs, outputs).save(tmp_path / "given.keras")
    config = dataclasses.replace(
        tiny_config, init_autoencoder=str(tmp_path / "given.keras"), native=("f",), num_steps=1
    )
    weights = []
    for name, strategy in (("one", tf.distribute.get_strategy()), ("two", two_devices())):
        natives = [freeze_keras("f", build_tiny_classifier())]
        model = runs.train_autoencoder(
            tiny_dataset, natives, config, run_dir=tmp_path / name, strategy=strategy
        )
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    np.testing.assert_allclose(*weights, atol=1e-5)


def test_one_device_needs_no_mirroring():
    assert not isinstance(distribution.build_local_strategy(), tf.distribute.MirroredStrategy)
    assert two_devices().num_replicas_in_sync == 2
    with pytest.raises(InputError, match="unknown distribution 'all'; known: auto, mirrored"):
        distribution.build_strategy("all")
