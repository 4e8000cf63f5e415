"""What one run of a classifier tells: probabilities, labels, gradients, NaN."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import SHAPE, keras_export, save, with_last
from tests.conftest import build_tiny_classifier


def test_hidden_probabilities_become_logarithms_with_a_warning(tmp_path, images):
    model = with_last(keras.layers.Softmax())
    keras_export(model, str(tmp_path / "m"))
    with pytest.warns(UserWarning, match="hides its logits"):
        native = load_classifier(str(tmp_path / "m"))
    np.testing.assert_allclose(native.logits_fn(images), np.log(model(images)), atol=1e-5)


def test_missing_gradient_is_noticed(tmp_path, images):
    model = with_last(keras.layers.Dense(3))
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
    module = tf.Module()
    module.variables_ = model.variables
    serve = tf.function(lambda pixels: tf.round(1e3 * model(pixels)), input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path / "m"), signatures=serve)
    assert not load_classifier(str(tmp_path / "m")).has_gradient


def test_models_that_are_no_image_classifier(tmp_path):
    dense = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    with pytest.raises(InputError, match="an image classifier takes"):
        load_classifier(save(dense, tmp_path / "dense.keras"))
    maps = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(3, 3)])
    with pytest.raises(InputError, match="one score per class"):
        load_classifier(save(maps, tmp_path / "maps.keras"))
    sigmoid = with_last(keras.layers.Activation("sigmoid"))
    with pytest.raises(InputError, match="ends in sigmoid"):
        load_classifier(save(sigmoid, tmp_path / "sigmoid.keras"))
    keras_export(sigmoid, str(tmp_path / "sigmoid"))
    with pytest.raises(InputError, match="do not sum to 1"):
        load_classifier(str(tmp_path / "sigmoid"))


def test_weights_of_nan_are_refused(tmp_path):
    model = build_tiny_classifier()
    model.layers[-1].bias.assign([np.nan] * 3)
    with pytest.raises(InputError, match="returns NaN"):
        load_classifier(save(model, tmp_path / "nan.keras"))


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
