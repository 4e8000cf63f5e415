"""The messages of TensorFlow Serving that this package writes and reads, made at run time.

    request = PredictRequest()
    request.model_spec.name = "mnist"
    request.inputs["images"].CopyFrom(to_tensor(images))

Why not from tensorflow-serving-api: it is one more package to hold at TensorFlow's own version, for
five small messages whose field numbers are published and can never change, or old clients would
break. A test compares the bytes with those of tensorflow-serving-api where that is installed, and
with a file written by it everywhere. The messages live in a descriptor pool of their own, so both
may be imported in one process.

Reference: TensorFlow Serving, apis/model.proto, predict.proto and prediction_log.proto (the field
numbers below); its README names them as the public interface.
"""

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

_PACKAGE = "tensorflow.serving"
# Message -> field -> (number, type); a type in angle brackets is the value of a map from strings.
_FIELDS = {
    "ModelSpec": {"name": (1, "string"), "signature_name": (3, "string")},
    "PredictRequest": {
        "model_spec": (1, f"{_PACKAGE}.ModelSpec"),
        "inputs": (2, "<tensorflow.TensorProto>"),
    },
    "PredictResponse": {
        "outputs": (1, "<tensorflow.TensorProto>"),
        "model_spec": (2, f"{_PACKAGE}.ModelSpec"),
    },
    "PredictLog": {"request": (1, f"{_PACKAGE}.PredictRequest")},
    "PredictionLog": {"predict_log": (6, f"{_PACKAGE}.PredictLog")},
}
_FIELD = descriptor_pb2.FieldDescriptorProto


def _build_messages():
    pool = descriptor_pool.DescriptorPool()
    _add_with_imports(pool, tensor_pb2.DESCRIPTOR)
    file = descriptor_pb2.FileDescriptorProto(
        name="aaa_tf/serving.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[tensor_pb2.DESCRIPTOR.name],
    )
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, type_name) in fields.items():
            _add_field(message, field, number, type_name)
    pool.Add(file)
    names = [*(f"{_PACKAGE}.{name}" for name in _FIELDS), "tensorflow.TensorProto"]
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]


def _add_with_imports(pool, file):
    for imported in file.dependencies:
        _add_with_imports(pool, imported)
    pool.AddSerializedFile(file.serialized_pb)


def _add_field(message, name, number, type_name):
    if type_name == "string":
        message.field.add(name=name, number=number, type=_FIELD.TYPE_STRING, label=1)
        return
    if not type_name.startswith("<"):
        _add_message_field(message, name, number, type_name, _FIELD.LABEL_OPTIONAL)
        return
    # A map is, on the wire, a repeated message of key 1 and value 2.
    entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
    entry.options.map_entry = True
    _add_field(entry, "key", 1, "string")
    _add_field(entry, "value", 2, type_name.strip("<>"))
    own = f"{_PACKAGE}.{message.name}.{entry.name}"
    _add_message_field(message, name, number, own, _FIELD.LABEL_REPEATED)


def _add_message_field(message, name, number, type_name, label):
    message.field.add(
        name=name, number=number, type=_FIELD.TYPE_MESSAGE, type_name=f".{type_name}", label=label
    )


ModelSpec, PredictRequest, PredictResponse, PredictLog, PredictionLog, _Tensor = _build_messages()


def make_predict_request(model_name: str, signature_name: str, images) -> "PredictRequest":
    """A request for one signature of one model; `images` is an array of the signature's type."""
    request = PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature_name
    request.inputs["images"].CopyFrom(to_tensor(images))
    return request


def to_tensor(array):
    """An array as the TensorProto of these messages."""
    return _Tensor.FromString(tf.make_tensor_proto(array).SerializeToString())


def to_array(tensor) -> np.ndarray:
    """A TensorProto of these messages as an array; strings come as bytes objects."""
    return tf.make_ndarray(tensor_pb2.TensorProto.FromString(tensor.SerializeToString()))
