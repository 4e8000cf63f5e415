"""Asks a served pipeline over gRPC: less to send than JSON, and exact.

    outputs = predict(images, name="mnist", host="localhost", port=8500)

Takes and returns what `rest.predict` does. Needs no package beside TensorFlow, which brings gRPC;
the messages are those of `messages`.

Reference: TensorFlow Serving, apis/prediction_service.proto, rpc Predict.
"""

import grpc
import numpy as np

from aaa_tf.errors import InputError
from aaa_tf.serving.messages import (
    PredictRequest,
    PredictResponse,
    make_predict_request,
    to_array,
)
from aaa_tf.serving.rest import one_line

PORT = 8500
_METHOD = "/tensorflow.serving.PredictionService/Predict"
# gRPC's default of 4 MiB is 1,300 images of MNIST; the server has no limit of its own.
_OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


def predict(
    images, *, name: str, host="localhost", port=PORT, signature="serving_default", timeout=60
) -> dict[str, np.ndarray]:
    """Sends one batch to one signature; arguments, result and errors as of `rest.predict`."""
    address = f"{host}:{port}"
    with grpc.insecure_channel(address, options=_OPTIONS) as channel:
        call = channel.unary_unary(
            _METHOD,
            request_serializer=PredictRequest.SerializeToString,
            response_deserializer=PredictResponse.FromString,
        )
        try:
            response = call(make_predict_request(name, signature, images), timeout=timeout)
        except grpc.RpcError as error:
            raise InputError(_describe(error, address, name, images)) from error
    return {key: _decode(to_array(tensor)) for key, tensor in response.outputs.items()}


def _decode(array):
    """Strings come as bytes objects."""
    return np.char.decode(array.astype("S"), "utf-8") if array.dtype == object else array


def _describe(error, address, name, images):
    reason = one_line(error.details() or "")
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return (
            f"no model server at {address}, or an overloaded one ({reason}); start one with "
            f"bin/serve {name}, give --host and --port, or try again"
        )
    if error.code() == grpc.StatusCode.NOT_FOUND:
        return (
            f"{address} serves no model '{name}' ({reason}); give the NAME that bin/serve was given"
        )
    if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"{address} gave no answer in time; send fewer images"
    return (
        f"{address} refuses {images.dtype} images of shape {images.shape} "
        f"({error.code().name}: {reason}); send images of the shape in the manifest of {name}"
    )
