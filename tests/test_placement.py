"""Models on two logical devices, and back on one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models import precision
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import placement
from tests.classifier_files import Scaled
from tests.conftest import build_tiny_classifier


def test_spread_models_keep_their_weights_and_come_back(two_devices):
    model = build_tiny_classifier()
    spread = placement.spread_model(model, two_devices)
    back = placement.take_from_devices(spread, two_devices)
    assert isinstance(spread.variables[0].value, tf.distribute.DistributedValues)
    assert not isinstance(back.variables[0].value, tf.distribute.DistributedValues)
    for weight, found in zip(model.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, found)


def test_batch_normalization_sees_the_global_batch(rng, two_devices):
    """Two devices normalize, and remember, as one that has the whole batch."""
    images = rng.normal(size=(8, 4)).astype(np.float32) + np.arange(8, dtype=np.float32)[:, None]
    outputs, moving = [], []
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization()])
        placement.synchronize_batch_statistics(model, strategy)
        parts = np.split(images, strategy.num_replicas_in_sync)
        values = strategy.experimental_distribute_values_from_function(
            lambda context, parts=parts: tf.constant(parts[context.replica_id_in_sync_group])
        )
        run = tf.function(
            lambda part, model=model, strategy=strategy: strategy.run(
                lambda own: model(own, training=True), args=(part,)
            )
        )
        outputs.append(np.concatenate(strategy.experimental_local_results(run(values))))
        moving.append(np.concatenate(model.get_weights()[2:]))
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)
    np.testing.assert_allclose(moving[0], moving[1], rtol=1e-5)


@keras.saving.register_keras_serializable("test_placement")
class OnlyFloat32(keras.layers.Layer):
    """A layer that keeps a constant of its own, as blur layers do."""

    def call(self, images):
        return images * tf.constant(2.0, tf.float32)


def test_a_native_that_cannot_compute_in_half_a_precision_keeps_its_own():
    layers = [keras.Input((8, 8, 1)), OnlyFloat32(), keras.layers.Flatten(), keras.layers.Dense(3)]
    native = freeze_keras("blurred", keras.Sequential(layers))
    with pytest.warns(UserWarning, match="blurred cannot be attacked in bfloat16 .*: it computes"):
        copy = placement.copy_native(native, "bfloat16", (8, 8, 1))
    assert copy.resource.layers[0].compute_dtype == "float32"
    assert copy.fingerprint() == native.fingerprint()
    plain = placement.copy_native(freeze_keras("f", build_tiny_classifier()), "bfloat16", (8, 8, 1))
    assert plain.resource.layers[0].compute_dtype == "bfloat16"


def leaky_relu(values):
    """The user's own, with another slope than Keras' function of that name."""
    return tf.nn.leaky_relu(values, alpha=0.01)


def shifted(values):
    """One that Keras does not know."""
    return tf.nn.relu(values - 0.1)


def with_hidden(activation):
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(32, activation=activation)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), hidden, keras.layers.Dense(3)]
    return keras.Sequential(layers)


@pytest.mark.parametrize("activation", [leaky_relu, tf.nn.silu, shifted])
@pytest.mark.parametrize("arithmetic", ["float32", "bfloat16"])
def test_copies_compute_the_users_own_activation(rng, activation, arithmetic):
    native = freeze_keras("own", with_hidden(activation))
    images = rng.random((4, 8, 8, 1), np.float32)
    copy = placement.copy_native(native, arithmetic, (8, 8, 1))
    assert copy is not native
    tolerance = 1e-6 if arithmetic == "float32" else 0.02
    np.testing.assert_allclose(copy.logits_fn(images), native.logits_fn(images), atol=tolerance)


class Needing(Scaled):
    """The same, which cannot be made without it."""

    def __init__(self, factor):
        super().__init__(factor)


@pytest.mark.parametrize(
    ("layer", "reason"), [(Scaled(3.0), "answers differently"), (Needing(3.0), "deserializing")]
)
def test_a_native_that_keras_copies_wrongly_is_used_as_it_is(layer, reason, two_devices):
    layers = [keras.Input((8, 8, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(3)]
    native = freeze_keras("mine", keras.Sequential(layers))
    with pytest.warns(UserWarning, match=f"cannot copy classifier mine .*{reason}.*as it is"):
        assert placement.copy_native(native, "bfloat16", (8, 8, 1)) is native
    with pytest.warns(UserWarning, match="cannot copy classifier mine"):
        assert placement.spread_native(native, two_devices) is native


def test_a_native_in_half_the_precision_is_copied():
    model = build_tiny_classifier()
    half = precision.copy_with_precision(model, "bfloat16")
    assert not precision.computes_in_float32(half)
    assert (
        placement.copy_native(freeze_keras("half", half), "float32", (8, 8, 1)).resource is not half
    )
