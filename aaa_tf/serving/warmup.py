"""Warm-up requests: what a model server sends itself before it gives a version its first request.

    write_warmup_requests(version_dir, "mnist", dataset.test.images)

Without them the first client of every batch size waits for kernels to be chosen. The requests are
real images, because the server's documentation asks for data like that of its users.

Reference: TensorFlow Serving, SavedModel Warmup: a TFRecord of PredictionLog, at most 1,000, in
assets.extra/tf_serving_warmup_requests.
"""

import pathlib

import numpy as np
import tensorflow as tf

from aaa_tf.serving.messages import PredictionLog, make_predict_request

FILE_NAME = "assets.extra/tf_serving_warmup_requests"
_BATCH_SIZES = (1, 8, 32)
_MAX_BYTES = 8 * 2**20  # of one request; large images get the small batches only


def write_warmup_requests(version_dir, model_name: str, images) -> int:
    """Writes the warm-up file of a version that nobody serves yet.

    Args:
        version_dir: folder of the SavedModel.
        model_name: name it is served under.
        images: float32 images in [0, 1], (N, H, W, C), N at least 1.

    Returns:
        The number of requests: serving_default in several batch sizes, and one of each other
        signature.
    """
    requests = [
        ("serving_default", images[:size])
        for size in _BATCH_SIZES
        if size <= len(images) and images[:size].nbytes <= _MAX_BYTES
    ]
    requests += [("purify", images[:1]), ("classify_undefended", images[:1])]
    requests.append(("predict_uint8", np.round(images[:1] * 255).astype(np.uint8)))
    path = pathlib.Path(version_dir) / FILE_NAME
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature_name, batch in requests:
            log = PredictionLog()
            request = make_predict_request(model_name, signature_name, batch)
            log.predict_log.request.CopyFrom(request)
            writer.write(log.SerializeToString(deterministic=True))
    return len(requests)
