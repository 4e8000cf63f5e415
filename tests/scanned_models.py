"""SavedModels that do a little more than compute, and how they are scanned."""

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from aaa_tf.errors import InputError
from aaa_tf.models.saved_model_files import choose_signature, read_saved_model
from aaa_tf.models.saved_model_scan import require_only_computes

SHAPE = (8, 8, 1)
SPEC = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")


def score(pixels):
    return 10 * tf.reshape(pixels, [-1, 64])[:, :3]


def read_file(scores):
    """The scores, and a file read on the way."""
    return scores + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)


def scan(path, signature="serving_default"):
    saved = read_saved_model(str(path))
    require_only_computes(saved, choose_signature(saved, signature))


def save(path, function, *, module=None, options=None, **signatures):
    module = module or tf.Module()
    if function is not None:
        signatures["serving_default"] = function
    signatures = {
        name: tf.function(function, input_signature=[SPEC]) for name, function in signatures.items()
    }
    tf.saved_model.save(module, str(path), signatures=signatures, options=options)
    return path


def refuse_after(path, change, message):
    """The scan lets the model pass, and after `change(meta_graph)` refuses it."""
    scan(path)
    edit(path, change)
    with pytest.raises(InputError, match=message):
        scan(path)


def edit(path, change):
    """Rewrites saved_model.pb after `change(meta_graph)`."""
    saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    change(saved.meta_graphs[0])
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    return path
