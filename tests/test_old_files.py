"""Files of Keras 2, TensorFlow 1 and tensorflow-addons give what they gave where they were made.

The fixtures come from TensorFlow 2.15.1 and tensorflow-addons 0.23.0, by
tests/fixtures/make_addons_fixtures.py, with the outputs of the originals.
"""

import json
import pathlib
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models import addons
from aaa_tf.models.keras2_configs import modernize
from aaa_tf.models.loading import load_classifier

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
EXPECTED = np.load(FIXTURES / "tf215_expected.npz")
IMAGES = EXPECTED["images"]


def load(name):
    # These files are ours: no process of their own, which test_isolation is about.
    return load_classifier(str(FIXTURES / f"tf215_{name}"), isolate=False)


@pytest.mark.parametrize(
    "name",
    ["sequential.h5", "sequential.keras", "sequential", "layers.h5", "layers.keras", "layers",
     "activations.h5", "old_graph"],
)  # fmt: skip
def test_logits_are_the_originals(name):
    native = load(name)
    assert (native.image_shape, native.num_classes, native.has_gradient) == ((8, 8, 3), 4, True)
    expected = EXPECTED[name.split(".")[0]]
    np.testing.assert_allclose(native.logits_fn(IMAGES), expected, atol=2e-5)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_softmax_of_keras_2_is_taken_off(suffix):
    """Depthwise and transposed convolutions, a model in a model, renamed arguments."""
    logits = load(f"plain{suffix}").logits_fn(IMAGES).numpy()
    np.testing.assert_allclose(tf.nn.softmax(logits), EXPECTED["plain"], atol=1e-6)
    assert np.abs(logits.sum(axis=1)).max() > 1e-2


def test_weights_of_an_old_graph_are_in_its_fingerprint():
    assert len(load("old_graph").variables) == 2


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_layer_that_does_not_map_is_named(suffix):
    with pytest.raises(InputError, match=r"Keras 3 knows no '.*PoincareNormalize'; export"):
        load(f"unmapped{suffix}")


def test_plain_gelu_is_by_erf_although_it_may_have_been_by_tanh():
    """TensorFlow 2.15 writes plain `gelu` for both; documented, and small."""
    found = load("activations.keras").logits_fn(IMAGES)
    error = np.abs(found - EXPECTED["activations"]).max()
    assert 1e-4 < error < 1e-2


def test_weight_normalization_that_never_saw_a_batch_is_refused(tmp_path):
    path = tmp_path / "fresh.h5"
    path.write_bytes((FIXTURES / "tf215_layers.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        group = file["model_weights/weight_normalization"]
        group["weight_normalization/initialized:0"][()] = False
    with pytest.raises(InputError, match="weight_normalization was saved before"):
        load_classifier(str(path), isolate=False)


# The activations, by their formulas


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("hardshrink", [-1, -0.4, 0.4, 1], [-1, 0, 0, 1]),
        ("softshrink", [-1, -0.4, 0.4, 1], [-0.5, 0, 0, 0.5]),
        ("rrelu", [-24, 0, 24], [-5.5, 0, 24]),
        ("lisht", [-1, 0, 1], [np.tanh(1), 0, np.tanh(1)]),
        ("tanhshrink", [-1, 0, 1], [np.tanh(1) - 1, 0, 1 - np.tanh(1)]),
        ("mish", [0, 1], [0, np.tanh(np.log1p(np.e))]),
        ("snake", [0, np.pi / 2], [0, np.pi / 2 + 1]),
        ("gelu", [0, 1], [0, 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * 1.044715))]),
        ("sparsemax", [1, 1, -5], [0.5, 0.5, 0]),
        ("sparsemax", [0.2, 0.1, 0], [13 / 30, 1 / 3, 7 / 30]),
    ],
)
def test_activations_closed_form(name, x, expected):
    found = getattr(addons, name)(tf.constant(x, tf.float32))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_sparsemax_rows_are_points_of_the_simplex(rng):
    found = addons.sparsemax(tf.constant(rng.standard_normal((20, 6)), tf.float32)).numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert found.min() == 0


@pytest.mark.parametrize("name", ["layers", "activations"])
def test_mapped_layers_are_saved_and_copied_like_others(tmp_path, name):
    native = load(f"{name}.h5")
    native.resource.save(tmp_path / "again.keras")
    again = load_classifier(str(tmp_path / "again.keras"), isolate=False)
    np.testing.assert_allclose(again.logits_fn(IMAGES), EXPECTED[name], atol=2e-5)
    copy = native.copy_in_precision("float32")
    np.testing.assert_allclose(copy.logits_fn(IMAGES), EXPECTED[name], atol=2e-5)


# The configurations of Keras 2


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
