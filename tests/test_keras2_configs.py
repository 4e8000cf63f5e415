"""The configurations of Keras 2."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models.keras2_configs import modernize
from tests.old_files import EXPECTED, IMAGES, load


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_softmax_of_keras_2_is_taken_off(suffix):
    """Depthwise and transposed convolutions, a model in a model, renamed arguments."""
    logits = load(f"plain{suffix}").logits_fn(IMAGES).numpy()
    np.testing.assert_allclose(tf.nn.softmax(logits), EXPECTED["plain"], atol=1e-6)
    assert np.abs(logits.sum(axis=1)).max() > 1e-2


def test_modernize_leaves_keras_3_alone(tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.SeparableConv2D(4, 3)(keras.layers.DepthwiseConv2D(3)(inputs))
    inner = keras.Sequential([keras.Input((4, 4, 4)), keras.layers.LeakyReLU(0.2)])
    model = keras.Model(inputs, keras.layers.Flatten()(inner(x)))
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config = json.loads(archive.read("config.json"))
    assert modernize(config) == config


def test_modernize_keeps_what_it_does_not_know():
    layer = {"class_name": "DepthwiseConv2D", "config": {"groups": 2, "name": "d"}}
    assert modernize([layer, "text", 3, None]) == [layer, "text", 3, None]
    layer["config"]["groups"] = 1
    assert modernize(layer) == {"class_name": "DepthwiseConv2D", "config": {"name": "d"}}
