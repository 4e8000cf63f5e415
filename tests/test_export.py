"""Exports: what they compute, how they appear, and what never appears."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.serving import export, gate
from tests.conftest import build_tiny_classifier


@pytest.fixture(scope="module")
def parts():
    autoencoder = build_autoencoder("conv_bottleneck", image_shape=(8, 8, 1), seed=0)
    return autoencoder, freeze_keras("f", build_tiny_classifier())


@pytest.fixture(scope="module")
def exported(parts, tmp_path_factory):
    return export.export_pipeline(*parts, export_dir=tmp_path_factory.mktemp("out"), name="p")


SESSION = """
import json, sys
import numpy as np, tensorflow as tf
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], sys.argv[1])
    signature = meta.signature_def["serving_default"]
    images = np.load(sys.argv[2])
    fetches = {name: info.name for name, info in signature.outputs.items()}
    outputs = session.run(fetches, {signature.inputs["images"].name: images})
assert not [name for name in sys.modules if name.startswith("aaa_tf")]
print(json.dumps({name: value.tolist() for name, value in outputs.items()}))
"""


def test_a_fresh_process_without_the_package_computes_the_same(parts, exported, tmp_path, rng):
    images = rng.random((5, 8, 8, 1), np.float32)
    np.save(tmp_path / "images.npy", images)
    run = subprocess.run(
        [sys.executable, "-c", SESSION, str(exported), str(tmp_path / "images.npy")],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    outputs = json.loads(run.stdout)
    autoencoder, classifier = parts
    purified = autoencoder(images).numpy()
    logits = classifier.logits_fn(purified).numpy()
    assert sorted(outputs) == ["class", "logits", "probabilities", "purified"]
    np.testing.assert_allclose(outputs["purified"], purified, atol=1e-5)
    np.testing.assert_allclose(outputs["logits"], logits, atol=1e-5)
    np.testing.assert_allclose(outputs["probabilities"], tf.nn.softmax(logits), atol=1e-5)
    assert outputs["class"] == logits.argmax(axis=1).tolist()


def test_versions_count_up_and_stay(parts, exported):
    before = {file: file.stat().st_mtime_ns for file in exported.rglob("*")}
    again = export.export_pipeline(*parts, export_dir=exported.parents[1], name="p")
    assert again.name == str(int(exported.name) + 1)
    assert {file: file.stat().st_mtime_ns for file in exported.rglob("*")} == before
    assert all(name.isdigit() for name in os.listdir(exported.parent))


def test_an_exported_pipeline_is_a_classifier_again(parts, exported, rng):
    images = rng.random((3, 8, 8, 1), np.float32)
    native = load_classifier(str(exported))
    assert native.has_gradient
    expected = parts[1].logits_fn(parts[0](images))
    np.testing.assert_allclose(native.logits_fn(images), expected, atol=1e-5)


def test_wraps_a_saved_model(parts, tmp_path, rng):
    build_tiny_classifier(7).export(str(tmp_path / "native"), verbose=False)
    native = load_classifier(str(tmp_path / "native"))
    version = export.export_pipeline(parts[0], native, export_dir=tmp_path, name="p")
    images = rng.random((3, 8, 8, 1), np.float32)
    found = load_classifier(str(version)).logits_fn(images)
    np.testing.assert_allclose(found, native.logits_fn(parts[0](images)), atol=1e-5)


def test_wrong_rank_or_size_is_an_error_and_not_an_abort(exported):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        feed, fetches = gate.load(session, str(exported))
        for shape in ((8, 8, 1), (1, 64), (1, 9, 8, 1), (1, 8, 8, 3)):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(fetches, {feed: np.zeros(shape, np.float32)})
        assert session.run(fetches, {feed: np.zeros((1, 8, 8, 1))})["class"].shape == (1,)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda value: value + 0.01, "output .* differs by"),
        (None, "outputs are"),
    ],
)
def test_a_version_that_fails_its_check_never_appears(parts, tmp_path, monkeypatch, broken, reason):
    real = export.make_serving_fn

    def make_other(autoencoder, classifier):
        """What the exporting process expects, not what was written."""

        def serve(images):
            outputs = real(autoencoder, classifier)(images)
            if isinstance(images, tf.Tensor) and not tf.executing_eagerly():
                return outputs
            logits = outputs.pop("logits")
            return outputs | ({"logits": broken(logits)} if broken else {})

        return serve

    monkeypatch.setattr(export, "make_serving_fn", make_other)
    with pytest.raises(RuntimeError, match=f"nothing published: {reason}"):
        export.export_pipeline(*parts, export_dir=tmp_path, name="p")
    assert os.listdir(tmp_path / "p") == []


def test_an_interrupted_export_leaves_no_version(parts, tmp_path, monkeypatch):
    class Killed(BaseException):
        """Stands for a kill: not an Exception that something could handle."""

    def die(*arguments):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(export, "_publish", die)
        with pytest.raises(Killed):
            export.export_pipeline(*parts, export_dir=tmp_path, name="p")
    assert os.listdir(tmp_path / "p") == []


def test_the_folder_of_a_killed_process_is_removed_by_the_next_export(parts, tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / "p" / f".partial-{dead.pid}"
    stale.mkdir(parents=True)
    (stale / "saved_model.pb").write_bytes(b"half")
    alive = tmp_path / "p" / f".partial-{os.getppid()}"
    alive.mkdir()
    export.export_pipeline(*parts, export_dir=tmp_path, name="p")
    assert sorted(os.listdir(tmp_path / "p")) == sorted([alive.name, "1"])


def test_shapes_must_fit_before_anything_is_written(parts, tmp_path):
    other = freeze_keras("f", build_tiny_classifier(image_shape=(9, 8, 1)))
    with pytest.raises(InputError, match="takes images of shape"):
        export.export_pipeline(parts[0], other, export_dir=tmp_path, name="p")
    assert os.listdir(tmp_path) == []


def test_a_classifier_of_any_size_is_wrapped(parts, tmp_path):
    model = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.Conv2D(4, 3),
         keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )  # fmt: skip
    version = export.export_pipeline(
        parts[0], freeze_keras("any", model), export_dir=tmp_path, name="p"
    )
    assert load_classifier(str(version)).image_shape == (8, 8, 1)
