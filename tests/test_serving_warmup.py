"""Warm-up requests; tests/test_serving_pipeline.py replays those of a whole export."""

import numpy as np
import tensorflow as tf

from aaa_tf.serving.messages import PredictionLog, to_array
from aaa_tf.serving.warmup import FILE_NAME, write_warmup_requests


def read_requests(folder):
    for record in tf.data.TFRecordDataset(str(folder / FILE_NAME)).as_numpy_iterator():
        request = PredictionLog.FromString(record).predict_log.request
        yield request.model_spec.signature_name, to_array(request.inputs["images"])


def test_batches_are_of_the_images_there_are(tmp_path, rng):
    images = rng.random((10, 4, 4, 1), np.float32)
    assert write_warmup_requests(tmp_path, "p", images) == 5
    requests = list(read_requests(tmp_path))
    assert [(name, len(batch)) for name, batch in requests] == [
        ("serving_default", 1), ("serving_default", 8), ("purify", 1), ("classify_undefended", 1),
        ("predict_uint8", 1),
    ]  # fmt: skip
    np.testing.assert_array_equal(requests[1][1], images[:8])
    np.testing.assert_array_equal(requests[-1][1], np.round(255 * images[:1]).astype(np.uint8))


def test_large_images_have_small_batches_only(tmp_path):
    """One image of 4 MiB may be sent, eight may not."""
    assert write_warmup_requests(tmp_path, "p", np.zeros((8, 1024, 1024, 1), np.float32)) == 4
