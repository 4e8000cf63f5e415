import keras
import numpy as np
import pytest

from aaa_tf.models import precision
from aaa_tf.models.autoencoders import build_autoencoder
from tests.conftest import build_tiny_classifier


def test_bfloat16_computes_inside_and_keeps_float32_weights_and_outputs(rng):
    model = build_tiny_classifier()
    copy = precision.copy_with_precision(model, "bfloat16")
    assert copy.layers[0].compute_dtype == "bfloat16"
    assert copy.layers[-1].compute_dtype == "float32"
    assert {variable.dtype for variable in copy.variables} == {"float32"}
    images = rng.random((4, 8, 8, 1), np.float32)
    assert copy(images).dtype == np.float32
    difference = np.abs(copy(images) - model(images)).max()
    assert 0 < difference < 0.05


def test_a_round_trip_is_the_same_function(rng):
    model = build_autoencoder("unet", image_shape=(8, 8, 1), seed=0)
    again = precision.copy_with_precision(
        precision.copy_with_precision(model, "bfloat16"), "float32"
    )
    images = rng.random((4, 8, 8, 1), np.float32)
    np.testing.assert_array_equal(model(images), again(images))


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_what_a_normalization_has_learned_is_copied(rng, name):
    normalization = keras.layers.Normalization()
    inputs = keras.Input((8, 8, 1))
    inner = keras.Sequential([keras.Input((8, 8, 1)), normalization])
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(inner(inputs)))
    model = keras.Model(inputs, outputs)
    normalization.adapt(rng.normal(5, 3, (100, 8, 8, 1)).astype(np.float32))
    images = rng.random((4, 8, 8, 1), np.float32)
    copy = precision.copy_with_precision(model, name)
    np.testing.assert_allclose(copy(images), model(images), atol=0 if name == "float32" else 0.05)


def test_copies_do_not_share_weights():
    model = build_tiny_classifier()
    copy = precision.copy_with_precision(model, "float32")
    copy.layers[-1].bias.assign_add([1.0, 1.0, 1.0])
    assert np.all(model.layers[-1].bias.numpy() == 0)


def test_subclassed_model_is_refused():
    class Subclassed(keras.Model):
        def call(self, images):
            return images

    with pytest.raises(ValueError, match="subclassed"):
        precision.copy_with_precision(Subclassed(), "float32")


def test_auto_follows_the_hardware(monkeypatch):
    for has_native, expected in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(
            precision, "has_native_bfloat16", lambda has_native=has_native: has_native
        )
        assert precision.resolve_precision("auto") == expected
        assert precision.resolve_precision("float32") == "float32"
