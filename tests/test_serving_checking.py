"""What an export expects of itself; tests/test_export.py runs the check in its process."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.data import Split
from aaa_tf.errors import ExportError
from aaa_tf.serving.checking import check_in_fresh_process, compute_expected, count_correct
from aaa_tf.serving.pipeline import Endpoint

ENDPOINT = Endpoint(
    lambda images: {"class": tf.cast(images[:, 0, 0, 0] > 0.5, tf.int64)},
    tf.TensorSpec((None, 2, 2, 1), tf.float32, name="images"),
)


def test_expected_are_the_outputs_for_random_images_and_the_samples():
    samples = Split(np.zeros((4, 2, 2, 1), np.float32), np.array([0, 1, 0, 0], np.int32))
    expected = compute_expected({"serving_default": ENDPOINT, "other": ENDPOINT}, samples)
    images = expected["serving_default/images"]
    assert images.shape == (7, 2, 2, 1)
    np.testing.assert_array_equal(images[3:], samples.images)
    np.testing.assert_array_equal(expected["serving_default/class"], images[:, 0, 0, 0] > 0.5)
    assert len(expected["other/images"]) == 3
    assert count_correct(expected) == {"num_examples": 4, "num_correct": 3}


def test_without_samples_nothing_is_counted():
    expected = compute_expected({"serving_default": ENDPOINT})
    assert len(expected["serving_default/images"]) == 3
    assert count_correct(expected) is None


def test_a_check_that_cannot_begin_is_not_a_fault_of_the_pipeline(tmp_path, monkeypatch):
    (tmp_path / "tensorflow.py").write_text("raise ModuleNotFoundError('no such thing')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExportError, match=r"was not checked.*cannot run here.*no such thing"):
        check_in_fresh_process(tmp_path, {})


def test_what_cannot_be_loaded_at_all_is_a_fault_of_the_pipeline(tmp_path):
    with pytest.raises(ExportError, match=r"failed its check.*No such file"):
        check_in_fresh_process(tmp_path, {})


def test_both_sides_compute_on_the_cpu(tmp_path, monkeypatch, two_devices):
    """The exporting process may hold all of a GPU's memory."""
    devices = []

    def function(images):
        devices.append((images + 0.0).device)
        return {"logits": images}

    with tf.device("/CPU:1"):
        compute_expected({"serving_default": dataclasses.replace(ENDPOINT, function=function)})
    assert [tf.DeviceSpec.from_string(device).device_index for device in devices] == [0]
    (tmp_path / "tensorflow.py").write_text(
        "raise OSError(__import__('os').environ['CUDA_VISIBLE_DEVICES'])"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExportError, match="OSError: -1$"):
        check_in_fresh_process(tmp_path, {})
