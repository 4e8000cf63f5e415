"""Keras files that carry code or point at other files."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import H5, SHAPE, load, rewrite, save, with_last
from tests.conftest import build_tiny_classifier


def with_lambda(function=lambda x: 2 * x):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Lambda(function, output_shape=SHAPE),
         keras.layers.Flatten(), keras.layers.Dense(3)]
    )  # fmt: skip


@H5
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_lambda_needs_trust(tmp_path, rng, suffix):
    model = with_lambda()
    path = save(model, tmp_path / f"m{suffix}")
    with pytest.raises(InputError, match="Python code that would run here .*--trust_classifier"):
        load(path)
    images = rng.random((2, *SHAPE), np.float32)
    np.testing.assert_allclose(load(path, trust=True).logits_fn(images), model(images), atol=1e-6)


def test_trust_is_needed_even_where_keras_was_told_to_trust_all(tmp_path):
    path = save(with_lambda(), tmp_path / "m.keras")
    keras.config.enable_unsafe_deserialization()
    try:
        with pytest.raises(InputError, match="--trust_classifier"):
            load(path)
    finally:
        # There is no public way back; None is what it is before anyone sets it.
        from keras.src.backend.common import global_state

        global_state.set_global_attribute("safe_mode_saving", None)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"class_name": "TFSMLayer", "config": {"filepath": "/x"}}, "loads another SavedModel"),
        ({"class_name": "__lambda__", "config": {"value": "x"}}, "a Python lambda"),
        ({"class_name": "TorchModuleWrapper", "config": {}}, "pickled PyTorch"),
        ({"class_name": "Custom>Lambda", "config": {}}, "a Lambda layer"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
         "reads the file /etc/passwd"),
    ],
)  # fmt: skip
def test_other_carriers_are_found_however_deep(tmp_path, item, message):
    path = save(build_tiny_classifier(), tmp_path / "m.keras")
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["activation"] = {"a": [[{"b": item}]]}
    rewrite(path, config=json.dumps(config))
    with pytest.raises(InputError, match=message):
        load(path)


def external_data(group, folder):
    (folder / "raw").write_bytes(bytes(36 * 4))
    return group.create_dataset("x", (36,), "f4", external=[(str(folder / "raw"), 0, 36 * 4)])


def external_link(group, folder):
    group["x"] = h5py.ExternalLink(str(folder / "other.h5"), "/y")


def virtual_data(group, folder):
    layout = h5py.VirtualLayout(shape=(36,), dtype="f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "y", shape=(36,))
    group.create_virtual_dataset("x", layout)


@H5
@pytest.mark.parametrize("add", [external_data, external_link, virtual_data])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_weights_in_other_files_are_refused(tmp_path, suffix, add):
    path = save(build_tiny_classifier(), tmp_path / f"m{suffix}")
    if suffix == ".h5":
        with h5py.File(path, "r+") as file:
            add(file.create_group("model_weights/deep/er"), tmp_path)
    else:
        with zipfile.ZipFile(path) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content, "r+") as file:
            add(file.create_group("deep/er"), tmp_path)
        rewrite(path, weights=content.getvalue())
    with pytest.raises(InputError, match="another file"):
        load(path)


def test_code_in_a_file_is_refused(tmp_path):
    model = with_last(keras.layers.Lambda(lambda x: 2 * x))
    with pytest.raises(InputError, match="cannot be loaded as classifier"):
        load_classifier(save(model, tmp_path / "lambda.keras"))


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_a_loss_of_python_code_needs_no_trust(tmp_path, rng):
    """Nothing reads how the model was compiled; inside of it, Keras would."""
    model = build_tiny_classifier()
    model.compile("sgd", loss=lambda labels, logits: logits)
    images = rng.random((2, *SHAPE), np.float32)
    native = load(save(model, tmp_path / "m.keras"))
    np.testing.assert_allclose(native.logits_fn(images), model(images), atol=1e-6)
    outer = keras.Sequential([keras.Input(SHAPE), model])
    with pytest.raises(InputError, match="a Python lambda"):
        load(save(outer, tmp_path / "outer.keras"))
