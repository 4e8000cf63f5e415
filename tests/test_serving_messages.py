"""TensorFlow Serving's messages: the bytes are those of its own package."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.serving import messages

IMAGES = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
# PredictionLog of that request, made with tensorflow-serving-api 2.21.0 as the test below does.
PUBLISHED = (
    "32450a430a0f0a056d6e6973741a0670757269667912300a06696d61676573122608011210120208"
    "011202080212020802120208012210000000000000803f0000004000004040"
)


def make_log():
    log = messages.PredictionLog()
    request = messages.make_predict_request("mnist", "purify", IMAGES)
    log.predict_log.request.CopyFrom(request)
    return log


def test_bytes_are_those_that_tensorflow_serving_api_wrote():
    assert make_log().SerializeToString(deterministic=True).hex() == PUBLISHED


def test_bytes_are_those_of_the_installed_tensorflow_serving_api():
    reason = "tensorflow-serving-api is not installed; pip install '.[serving]'"
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2", reason=reason)
    log = logs.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = "mnist"
    request.model_spec.signature_name = "purify"
    request.inputs["images"].CopyFrom(tf.make_tensor_proto(IMAGES))
    assert log.SerializeToString(deterministic=True).hex() == PUBLISHED
    response = log.predict_log.response
    response.outputs["label"].CopyFrom(tf.make_tensor_proto([b"x", b""]))
    response.model_spec.name = "mnist"
    response.model_spec.version.value = 3  # a field that we leave unread
    found = messages.PredictResponse.FromString(response.SerializeToString())
    assert messages.to_array(found.outputs["label"]).tolist() == [b"x", b""]
    assert found.model_spec.name == "mnist"


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int64, np.bool_])
def test_arrays_survive(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    found = messages.to_array(messages.to_tensor(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == dtype


def test_an_empty_batch_survives():
    found = messages.to_array(messages.to_tensor(np.zeros((0, 2, 2, 1), np.float32)))
    assert found.shape == (0, 2, 2, 1)
