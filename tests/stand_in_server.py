"""A stand-in for tensorflow_model_server: its documents, answered by running a SavedModel.

Only the protocol is imitated, after TensorFlow Serving's published REST API (row and column form,
errors as {"error": ...}) and its rpc Predict. What a real server does with the files is tested
with a real server, where there is one.
"""

import concurrent.futures
import contextlib
import http.server
import json
import pathlib
import threading

import grpc
import numpy as np
import tensorflow as tf

from aaa_tf.serving import messages
from aaa_tf.serving.versions import list_versions

# Where a client finds it, but for the port.
SHARED = {"name": "p", "host": "127.0.0.1"}


class StandIn:
    """One model base path, served under the name of its folder."""

    def __init__(self, base):
        base = pathlib.Path(base)
        self.name = base.name
        self.model = tf.saved_model.load(str(base / str(list_versions(base)[-1])))
        self.documents = []

    def run(self, signature_name, images):
        """Outputs as NumPy arrays; raises KeyError or a TensorFlow error."""
        signature = self.model.signatures[signature_name]
        ((_, spec),) = signature.structured_input_signature[1].items()
        outputs = signature(images=tf.constant(images, spec.dtype))
        return {name: value.numpy() for name, value in outputs.items()}

    def answer(self, path, document):
        """(HTTP status, response document) of a POST."""
        self.documents.append(document)
        name = path.removeprefix("/v1/models/").removesuffix(":predict")
        if name != self.name:
            return 404, {"error": f"Servable not found for request: Latest({name})"}
        if ("instances" in document) == ("inputs" in document):
            return 400, {"error": "Request has to have either 'instances' or 'inputs'"}
        images = document.get("instances", document.get("inputs"))
        try:
            outputs = self.run(document.get("signature_name", "serving_default"), images)
        except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
            return 400, {"error": str(error)}
        columns = {key: _to_json(value) for key, value in outputs.items()}
        if "inputs" in document:
            return 200, {"outputs": columns}
        rows = zip(*columns.values(), strict=True)
        return 200, {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}


def _to_json(array):
    return np.char.decode(array.astype("S")).tolist() if array.dtype == object else array.tolist()


@contextlib.contextmanager
def serve_rest(stand_in):
    """Serves over HTTP; yields the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            status, document = stand_in.answer(self.path, json.loads(self.rfile.read(length)))
            # A client that knows only standard JSON must be able to read every answer.
            body = json.dumps(document, allow_nan=False).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Says nothing in the tests' output."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def serve_grpc(stand_in):
    """Serves over gRPC; yields the port."""

    def predict(request, context):
        if request.model_spec.name != stand_in.name:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found: {request.model_spec}")
        images = messages.to_array(request.inputs["images"])
        try:
            outputs = stand_in.run(request.model_spec.signature_name, images)
        except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        response = messages.PredictResponse()
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(messages.to_tensor(value))
        return response

    handler = grpc.unary_unary_rpc_method_handler(
        predict,
        request_deserializer=messages.PredictRequest.FromString,
        response_serializer=messages.PredictResponse.SerializeToString,
    )
    service = grpc.method_handlers_generic_handler(
        "tensorflow.serving.PredictionService", {"Predict": handler}
    )
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()
