"""Checks an exported pipeline as TensorFlow Serving will use it. Runs in a process of its own.

    python gate.py EXPORT EXPECTED.npz

Loads the SavedModel through the session loader, which is TensorFlow Serving's path and fails on
models that load well elsewhere; compares every output with what the exporting process computed;
sends an image of the wrong rank, which must be refused. Imports nothing of this package. Prints
what is wrong on the last line and exits with 1, or exits with 0.
"""

import pathlib
import sys

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

_TOLERANCE = 1e-4


def check(export, expected_path):
    """Returns what is wrong with the export, or an empty string."""
    expected = dict(np.load(expected_path))
    images = expected.pop("images")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        feed, fetches = load(session, export)
        found = session.run(fetches, {feed: images})
        if sorted(found) != sorted(expected):
            return f"outputs are {sorted(found)}, not {sorted(expected)}"
        for name, value in expected.items():
            if not np.allclose(found[name], value, atol=_TOLERANCE):
                worst = np.abs(found[name] - value).max()
                return f"output {name} differs by {worst} from the exporting process"
        try:
            session.run(fetches, {feed: images[0]})
        except tf.errors.InvalidArgumentError:
            return ""
        return "an image without a batch dimension was answered, not refused"


def load(session, export):
    """Loads serving_default; returns the tensor to feed and the dict of tensors to fetch.

    The input is replaced by a placeholder of no particular shape, because Python would refuse a
    wrong shape before TensorFlow sees it; a model server does not.
    """
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((pathlib.Path(export) / "saved_model.pb").read_bytes())
    signature = saved_model.meta_graphs[0].signature_def["serving_default"]
    (info,) = signature.inputs.values()
    feed = tf.compat.v1.placeholder(tf.as_dtype(info.dtype), shape=None)
    tf.compat.v1.saved_model.loader.load(session, ["serve"], export, input_map={info.name: feed})
    return feed, {name: info.name for name, info in signature.outputs.items()}


if __name__ == "__main__":
    problem = check(*sys.argv[1:])
    print(problem)
    sys.exit(1 if problem else 0)
