"""Exports: how they appear, what lies beside them, and what never appears."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import ExportError, InputError
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.serving import export, versions
from aaa_tf.serving.manifest import read_manifest
from tests.conftest import build_tiny_classifier, make_split


@pytest.fixture
def without_gate(monkeypatch):
    """For tests of other things: the gate costs a process and an import of TensorFlow."""
    monkeypatch.setattr(export, "check_in_fresh_process", lambda folder, expected: None)


def any_size_classifier():
    return keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.Conv2D(4, 3),
         keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )  # fmt: skip


def test_an_exported_pipeline_is_a_classifier_again(pipeline_parts, exported, rng):
    """Logits and gradients are those of the composition, at pixels 0 and 1 too."""
    images = rng.random((3, 8, 8, 1), np.float32)
    images[0, 0], images[1, 0] = 0, 1
    native = load_classifier(str(exported))
    assert native.has_gradient
    assert native.image_shape == (8, 8, 1)
    results = []
    for logits_fn in (
        native.logits_fn,
        lambda x: pipeline_parts[1].logits_fn(pipeline_parts[0](x)),
    ):
        with tf.GradientTape() as tape:
            variable = tf.constant(images)
            tape.watch(variable)
            logits = logits_fn(variable)
        results.append((logits.numpy(), tape.gradient(logits, variable).numpy()))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-5)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-5)


def test_every_weight_is_in_the_file_once(pipeline_parts, exported):
    autoencoder, classifier = pipeline_parts
    stored = [
        shape
        for name, shape in tf.train.list_variables(str(exported / "variables" / "variables"))
        if name.endswith("VARIABLE_VALUE")
    ]
    weights = [variable.shape for variable in (*autoencoder.variables, *classifier.variables)]
    assert sorted(stored) == sorted(map(list, weights))


def test_what_is_not_known_is_not_stated(pipeline_parts, tmp_path, without_gate):
    version = export.export_pipeline(*pipeline_parts, export_dir=tmp_path, name="p")
    manifest = read_manifest(version)
    assert manifest["class_names"] == ["0", "1", "2"]
    unknown = [manifest[key] for key in ("dataset", "threat_model", "checked_sample")]
    assert unknown == [None, None, None]
    assert manifest["measurements"] == []
    assert "Nothing: neither" in (version / "assets.extra" / "MODEL_CARD.md").read_text()
    assert not (version / "assets.extra" / "tf_serving_warmup_requests").exists()


def test_versions_count_up_and_stay(pipeline_parts, tmp_path, without_gate):
    (tmp_path / "p" / "9").mkdir(parents=True)
    (tmp_path / "p" / "9" / "saved_model.pb").write_bytes(b"older")
    version = export.export_pipeline(*pipeline_parts, export_dir=tmp_path, name="p")
    assert version == tmp_path / "p" / "10"
    assert sorted(os.listdir(tmp_path / "p")) == ["10", "9"]
    assert (tmp_path / "p" / "9" / "saved_model.pb").read_bytes() == b"older"
    assert versions.list_versions(tmp_path / "p") == [9, 10]


def test_wraps_a_saved_model(pipeline_parts, tmp_path, rng, without_gate):
    build_tiny_classifier(7).export(str(tmp_path / "native"), verbose=False)
    native = load_classifier(str(tmp_path / "native"))
    version = export.export_pipeline(pipeline_parts[0], native, export_dir=tmp_path, name="p")
    images = rng.random((3, 8, 8, 1), np.float32)
    found = load_classifier(str(version)).logits_fn(images)
    np.testing.assert_allclose(found, native.logits_fn(pipeline_parts[0](images)), atol=1e-5)


def test_a_version_that_fails_its_check_never_appears(pipeline_parts, tmp_path, monkeypatch):
    real = export.compute_expected

    def compute_other(endpoints, samples):
        expected = real(endpoints, samples)
        return expected | {"purify/purified": expected["purify/purified"] + 0.01}

    monkeypatch.setattr(export, "compute_expected", compute_other)
    with pytest.raises(ExportError, match="nothing published: purify: output purified differs"):
        export.export_pipeline(*pipeline_parts, export_dir=tmp_path, name="p")
    assert os.listdir(tmp_path / "p") == []


def test_an_interrupted_export_leaves_no_version(
    pipeline_parts, tmp_path, monkeypatch, without_gate
):
    class Killed(BaseException):
        """Stands for a kill: not an Exception that something could handle."""

    def die(*arguments):
        raise Killed

    monkeypatch.setattr(export, "publish", die)
    with pytest.raises(Killed):
        export.export_pipeline(*pipeline_parts, export_dir=tmp_path, name="p")
    assert os.listdir(tmp_path / "p") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_names": ("a", "b")}, "2 class names for 3 classes"),
        ({"class_names": ("a", "b", "")}, "must differ and not be empty"),
        ({"class_names": ("a", "b", "b")}, "must differ and not be empty"),
        ({"samples": make_split(0, 1)}, "at least one"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_written(
    pipeline_parts, tmp_path, arguments, message
):
    with pytest.raises(InputError, match=message):
        export.export_pipeline(*pipeline_parts, export_dir=tmp_path, name="p", **arguments)
    assert os.listdir(tmp_path) == []


def test_shapes_must_fit_before_anything_is_written(pipeline_parts, tmp_path):
    other = freeze_keras("f", build_tiny_classifier(image_shape=(9, 8, 1)))
    with pytest.raises(InputError, match="takes images of shape"):
        export.export_pipeline(pipeline_parts[0], other, export_dir=tmp_path, name="p")
    any_size = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 1)])
    with pytest.raises(InputError, match="needs a fixed size"):
        export.export_pipeline(
            any_size, freeze_keras("f", any_size_classifier()), export_dir=tmp_path, name="p"
        )
    assert os.listdir(tmp_path) == []


def test_a_classifier_of_any_size_is_wrapped(pipeline_parts, tmp_path, without_gate):
    version = export.export_pipeline(
        pipeline_parts[0], freeze_keras("any", any_size_classifier()), export_dir=tmp_path, name="p"
    )
    assert load_classifier(str(version)).image_shape == (8, 8, 1)
