"""The gate refuses what must not be served: one planted fault at a time."""

import json

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import ExportError
from aaa_tf.serving import checking, gate
from aaa_tf.serving.pipeline import Endpoint
from tests.conftest import make_split

SHAPE = (8, 8, 1)


def serve(images, fault=""):
    """A classifier of image thirds in plain operations, and the faults that it can have."""
    if fault != "any shape":
        images = tf.ensure_shape(images, (None, *SHAPE))
    rows = tf.reshape(images, (-1, 64))
    is_valid = tf.reduce_all((rows >= 0) & (rows <= 1), axis=1)
    if fault == "blind":
        is_valid = tf.ones_like(is_valid)
    logits = tf.stack([tf.reduce_mean(rows[:, k * 24 : k * 24 + 16], axis=1) for k in range(3)], 1)
    if fault == "neighbours":
        logits -= tf.reduce_mean(logits)
    if fault == "empty":
        logits += tf.reshape(logits, (-1, 3))[0]
        logits -= tf.reshape(logits, (-1, 3))[0] / 2
    logits = tf.where(is_valid[:, None], logits, 1.0 if fault == "leak" else 0.0)
    classes = tf.where(is_valid, tf.argmax(logits, axis=1), -1)
    if fault == "class":
        classes = tf.maximum(classes, 0)
    return {"logits": logits, "class": classes, "valid": is_valid}


def write(folder, fault="", stated=None):
    """Writes the model with a fault; returns what a faultless exporter would expect."""
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="images")
    endpoint = Endpoint(serve, spec)
    expected = checking.compute_expected({"serving_default": endpoint}, make_split(20, 4))
    if fault in ("neighbours", "empty"):
        images = tf.constant(expected["serving_default/images"])
        faulty = {key: value.numpy() for key, value in serve(images, fault).items()}
        expected |= {f"serving_default/{key}": value for key, value in faulty.items()}
    spec = tf.TensorSpec(None, tf.float32, name="images") if fault == "any shape" else spec
    module = tf.Module()
    module.serve = tf.function(lambda images: serve(images, fault), input_signature=[spec])
    tf.saved_model.save(module, str(folder), {"serving_default": module.serve})
    (folder / "assets.extra").mkdir()
    content = {"checked_sample": stated or checking.count_correct(expected)}
    (folder / "assets.extra" / "aaa_manifest.json").write_text(json.dumps(content))
    return expected


def test_a_sound_export_passes(tmp_path):
    expected = write(tmp_path)
    gate.check_session(str(tmp_path), expected)
    assert checking.count_correct(expected)["num_examples"] == 20


def test_the_process_finds_our_modules_and_refuses_an_export_that_needs_this_package(
    tmp_path, monkeypatch
):
    """Python imports a sitecustomize.py that it finds when it starts; here one that is ours."""
    expected = write(tmp_path / "export")
    (tmp_path / "sitecustomize.py").write_text("import aaa_tf")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExportError, match="failed its check, nothing published: needs aaa_tf"):
        checking.check_in_fresh_process(tmp_path / "export", expected)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("any shape", "was answered, not refused"),
        ("blind", "valid is"),
        ("leak", "logits of an invalid row is not 0"),
        ("class", "class of an invalid row is not -1"),
        ("neighbours", "one row: output logits differs"),
    ],
)
def test_a_fault_is_refused(tmp_path, fault, reason):
    expected = write(tmp_path, fault)
    with pytest.raises(gate.Failure, match=reason):
        gate.check_session(str(tmp_path), expected)


def test_an_empty_batch_that_fails_is_refused(tmp_path):
    expected = write(tmp_path, "empty")
    with pytest.raises(tf.errors.InvalidArgumentError):
        gate.check_session(str(tmp_path), expected)


def test_an_accuracy_that_is_not_the_manifests_is_refused(tmp_path):
    expected = write(tmp_path, stated={"num_examples": 20, "num_correct": 3})
    with pytest.raises(gate.Failure, match="of 20 test images correctly, the manifest says 3"):
        gate.check_session(str(tmp_path), expected)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"logits": np.float32([[1, 2.001]])}, "output logits differs by 0.00"),
        ({"logits": np.float32([[1, 2, 3]])}, "logits has shape"),
        ({"class": np.array([0])}, "output class differs"),
        ({"valid": np.array([False])}, "output valid differs"),
        ({"more": np.array([0])}, "outputs are"),
    ],
)
def test_compare_finds_every_difference(change, reason):
    wanted = {"logits": np.float32([[1, 2]]), "class": np.array([1]), "valid": np.array([True])}
    gate.compare("s", dict(wanted), wanted)
    with pytest.raises(gate.Failure, match=reason):
        gate.compare("s", wanted | change, wanted)


def test_compare_lets_a_class_differ_where_the_logits_tie():
    wanted = {"logits": np.float32([[1, 1.00001]]), "class": np.array([1]),
              "valid": np.array([True])}  # fmt: skip
    gate.compare("s", wanted | {"class": np.array([0])}, wanted)


def test_compare_measures_an_error_by_the_largest_logits():
    """A network trained to logits of 50 rounds those near 0 as coarsely as its largest."""
    wanted = {"logits": np.float32([[-50, 0.01, 48]]), "class": np.array([2]),
              "valid": np.array([True])}  # fmt: skip
    gate.compare("s", wanted | {"logits": wanted["logits"] + np.float32(3e-3)}, wanted)
    with pytest.raises(gate.Failure, match="output logits differs by 0.02"):
        gate.compare("s", wanted | {"logits": wanted["logits"] + np.float32(2e-2)}, wanted)
