"""What Keras 2 computed under a name stays what a file of it computes."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.keras_files import load_keras_classifier, load_keras_model

X = np.linspace(-4, 4, 64, dtype=np.float32).reshape(1, 8, 8, 1)


def write(path, version, layers):
    """A file as Keras `version` wrote it: of these layers the formats are alike."""
    keras.Sequential([keras.Input((8, 8, 1)), *layers]).save(path)
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["keras_version"] = version
        return str(path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(content["metadata.json"]) | {"keras_version": version}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (content | {"metadata.json": json.dumps(metadata)}).items():
            archive.writestr(name, data)
    return str(path)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.15.0", np.clip(0.2 * X + 0.5, 0, 1)),
        (keras.__version__, np.clip(X + 3, 0, 6) / 6),
    ],
)
def test_hard_sigmoid_is_that_of_its_version(tmp_path, suffix, version, expected):
    path = write(tmp_path / f"m{suffix}", version, [keras.layers.Activation("hard_sigmoid")])
    model = load_keras_model(path, "classifier")
    np.testing.assert_allclose(model(X), expected, atol=1e-6)
    again = keras.models.clone_model(model)
    np.testing.assert_allclose(again(X), expected, atol=1e-6)


def test_a_head_of_it_is_still_refused(tmp_path):
    layers = [keras.layers.Flatten(), keras.layers.Dense(3, activation="hard_sigmoid")]
    path = write(tmp_path / "m.keras", "2.15.0", layers)
    with pytest.raises(InputError, match="ends in hard_sigmoid, several labels"):
        load_keras_classifier(path, lambda images: images)
