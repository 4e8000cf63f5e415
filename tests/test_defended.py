import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.defended import build_defended_model, make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier


@pytest.fixture
def parts():
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    return autoencoder, build_tiny_classifier()


def test_function_and_model_are_classifier_after_autoencoder(parts, rng):
    autoencoder, classifier = parts
    images = rng.random((4, 8, 8, 1), np.float32)
    expected = classifier(autoencoder(images)).numpy()
    logits_fn = make_defended_logits_fn(autoencoder, freeze_keras("f", classifier).logits_fn)
    np.testing.assert_array_equal(logits_fn(images), expected)
    np.testing.assert_array_equal(build_defended_model(*parts)(images), expected)


def test_gradient_reaches_the_image_through_both(parts, rng):
    logits_fn = make_defended_logits_fn(parts[0], freeze_keras("f", parts[1]).logits_fn)
    images = tf.constant(rng.random((2, 8, 8, 1), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(logits_fn(images))
    assert np.abs(tape.gradient(total, images)).max() > 0


def test_model_shares_weights_and_saves(parts, rng, tmp_path):
    model = build_defended_model(*parts)
    model.save(tmp_path / "defended.keras")
    images = rng.random((2, 8, 8, 1), np.float32)
    before = model(images).numpy()
    again = keras.models.load_model(tmp_path / "defended.keras")
    np.testing.assert_allclose(again(images), before, atol=1e-6)
    parts[1].layers[-1].bias.assign_add([1.0, 2.0, 3.0])
    np.testing.assert_allclose(model(images) - before, [[1, 2, 3]] * 2, atol=1e-5)


def test_parts_of_one_name_compose(rng):
    """Two loaded models are often both called 'functional'."""
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1))
    inputs = keras.Input((8, 8, 1))
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    classifier = keras.Model(inputs, outputs, name=autoencoder.name)
    assert build_defended_model(autoencoder, classifier).output_shape == (None, 3)


def test_shapes_must_fit(parts):
    with pytest.raises(InputError, match=r"takes images of shape \(9, 8, 1\)"):
        build_defended_model(parts[0], build_tiny_classifier(image_shape=(9, 8, 1)))
