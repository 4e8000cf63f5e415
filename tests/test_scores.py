"""Logits, probabilities, or several labels: what scores are taken for."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.serving.export import export_pipeline
from tests.classifier_files import SHAPE, keras_export, save_module, with_last
from tests.conftest import build_tiny_classifier


def test_hidden_probabilities_become_logarithms_with_a_warning(tmp_path, images):
    model = with_last(keras.layers.Softmax())
    keras_export(model, str(tmp_path / "m"))
    with pytest.warns(UserWarning, match="hides its logits"):
        native = load_classifier(str(tmp_path / "m"))
    np.testing.assert_allclose(native.logits_fn(images), np.log(model(images)), atol=1e-5)


class Small(keras.layers.Layer):
    """Turns scores into small ones, as a layer that no head is recognised by."""

    def call(self, scores):
        return 0.001 * scores + 0.5


def test_small_logits_are_not_taken_for_sigmoids(tmp_path, images):
    """A classifier after a few updates may have all its logits in [0, 1] on random images."""
    model = build_tiny_classifier()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([0.01 * kernel, np.full_like(bias, 0.5)])
    model.save(tmp_path / "small.keras")
    linear = with_last(Small())
    linear.export(str(tmp_path / "small"), verbose=False)
    for path, original in (("small.keras", model), ("small", linear)):
        scores = load_classifier(tmp_path / path, isolate=False).logits_fn(images).numpy()
        assert 0 <= scores.min() <= scores.max() <= 1
        np.testing.assert_allclose(scores, original(images), atol=1e-6)


def test_small_logits_of_an_exported_pipeline_are_logits(tmp_path, images):
    """It answers zeros to images out of range, which logits of others do not."""
    autoencoder = build_autoencoder("conv", image_shape=SHAPE)
    small = freeze_keras("small", with_last(Small()))
    path = export_pipeline(autoencoder, small, export_dir=tmp_path, name="p")
    loaded = load_classifier(path, isolate=False)
    expected = small.logits_fn(autoencoder(images))
    np.testing.assert_allclose(loaded.logits_fn(images), expected, atol=1e-5)


def test_labels_that_underflow_far_out_of_range_are_labels(tmp_path):
    def serve(pixels):
        return tf.sigmoid(-5 - tf.reduce_sum(tf.abs(pixels), (1, 2, 3))[:, None] * [1.0, 2.0, 3.0])

    path = save_module(serve, tmp_path / "m")
    with pytest.raises(InputError, match="do not sum to 1"):
        load_classifier(path, isolate=False)
