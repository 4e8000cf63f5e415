"""Keras files that carry code, point at other files, or are not what their name says."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.conftest import build_tiny_classifier

SHAPE = (8, 8, 1)
H5 = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def load(path, **options):
    # In this process: these files are refused by what is read of them; test_isolation has the rest.
    return load_classifier(str(path), isolate=False, **options)


def with_lambda(function=lambda x: 2 * x):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Lambda(function, output_shape=SHAPE),
         keras.layers.Flatten(), keras.layers.Dense(3)]
    )  # fmt: skip


def save(model, path):
    model.save(path)
    return path


def rewrite(path, **members):
    """Changes or, with None, removes members of a .keras file; dots in names are underscores."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, value in members.items():
        name = {"config": "config.json", "weights": "model.weights.h5"}[name]
        content.pop(name) if value is None else content.update({name: value})
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return path


# Code and references


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


# Not what the name says


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    """One bit of the weights, in a file whose structure is whole."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("model.weights.h5")
    content = bytearray(path.read_bytes())
    content[info.header_offset + 500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("m.keras", lambda path: path.write_bytes(b""), "it is empty"),
        ("m.h5", lambda path: path.write_bytes(b""), "it is empty"),
        ("m.keras", lambda path: path.write_text("<html>404"), "it is a text file"),
        ("m.h5", lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
         "pointer of Git LFS"),
        ("m.keras", lambda path: path.write_bytes(bytes(range(256))), "no zip archive at all"),
        ("m.keras", truncated, "it is cut off"),
        ("m.h5", truncated, "it is cut off"),
        ("m.keras", flipped, r"model\.weights\.h5 in it is damaged"),
        ("m.keras", lambda path: rewrite(path, config=None), r"holds no config\.json"),
        ("m.keras", lambda path: rewrite(path, weights=None), "holds no weights"),
        ("m.keras", lambda path: rewrite(path, config="{"), "it is damaged"),
        ("m.keras", lambda path: rewrite(path, config="[" * 10**5), "it is damaged"),
        ("m.keras", lambda path: rewrite(path, weights=b"x"), "HDF5 part is damaged"),
    ],
)  # fmt: skip
@H5
def test_damage_is_named(tmp_path, name, change, message):
    path = save(build_tiny_classifier(), tmp_path / name)
    change(path)
    with pytest.raises(InputError, match=f"cannot be loaded as classifier: .*{message}"):
        load(path)


@H5
def test_wrong_names_are_told(tmp_path):
    model = build_tiny_classifier()
    with pytest.raises(InputError, match="it is an HDF5 file; rename it to .h5"):
        load(save(model, tmp_path / "a.h5").rename(tmp_path / "a.keras"))
    with pytest.raises(InputError, match="it is a zip archive; rename it to .keras"):
        load(save(model, tmp_path / "b.keras").rename(tmp_path / "b.h5"))
    model.save_weights(tmp_path / "c.weights.h5")
    with pytest.raises(InputError, match="it holds weights alone; save the whole model"):
        load(tmp_path / "c.weights.h5")
    with zipfile.ZipFile(save(model, tmp_path / "d.keras")) as archive:
        archive.extractall(tmp_path / "unpacked")
    with pytest.raises(InputError, match="is an unpacked .keras file"):
        load(tmp_path / "unpacked")


# Heads


def with_head(head):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    return keras.Model(inputs, head(keras.layers.Flatten()(inputs)))


def softmax_operation(x):
    return keras.ops.softmax(keras.layers.Dense(3)(x))


def softmax_in_a_model(x):
    inner_inputs = keras.Input((64,))
    inner = keras.Model(inner_inputs, keras.layers.Dense(3, activation="softmax")(inner_inputs))
    return inner(x)


def softmax_before_dropout(x):
    x = keras.layers.Dense(3, activation="softmax")(x)
    return keras.layers.Activation("linear")(keras.layers.Dropout(0.5)(x))


def softmax_of_a_shared_layer(x):
    dense = keras.layers.Dense(64, activation="softmax")
    return dense(dense(x))


@pytest.mark.parametrize(
    "head",
    [softmax_operation, softmax_in_a_model, softmax_before_dropout, softmax_of_a_shared_layer],
)
def test_softmax_is_taken_off_wherever_it_is(tmp_path, rng, head):
    model = with_head(head)
    images = rng.random((4, *SHAPE), np.float32)
    expected = model(images, training=False).numpy()
    logits = load(save(model, tmp_path / "m.keras")).logits_fn(images).numpy()
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3
    np.testing.assert_array_equal(model(images, training=False), expected)


def sigmoid_in_a_model(x):
    return keras.Sequential([keras.layers.Dense(3, activation="sigmoid")])(x)


@pytest.mark.parametrize(
    "head",
    [sigmoid_in_a_model, keras.layers.Dense(3, activation="hard_sigmoid"),
     lambda x: keras.ops.sigmoid(keras.layers.Dense(3)(x))],
    ids=["inner", "hard", "operation"],
)  # fmt: skip
def test_several_labels_are_refused(tmp_path, head):
    with pytest.raises(InputError, match="several labels for one image"):
        load(save(with_head(head), tmp_path / "m.keras"))


def test_one_score_is_refused(tmp_path):
    model = with_head(keras.layers.Dense(1, activation="sigmoid"))
    with pytest.raises(InputError, match="one score per class"):
        load(save(model, tmp_path / "m.keras"))


def test_grey_classifiers_do_not_take_colour(tmp_path):
    path = save(build_tiny_classifier(), tmp_path / "m.keras")
    with pytest.raises(InputError, match=r"takes grey images, \(8, 8, 1\), .* are colour"):
        load(path, image_shape=(8, 8, 3))
