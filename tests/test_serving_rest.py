"""The REST client alone: what it sends, and servers that are none."""

import http.server
import json
import threading
import urllib.request

import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving import grpc_client, rest
from tests.stand_in_server import SHARED


def require_told(images, status, body, message):
    """One request to a server that answers every one alike."""

    class Other(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Says nothing in the tests' output."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(InputError, match=message):
            rest.predict(images, port=server.server_port, **SHARED)
        thread.join()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"outputs": 3}', b"{}", b"\xff"])
def test_a_server_of_another_kind_is_told(classified_images, body):
    require_told(classified_images, 200, body, "is it the REST port")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_server_does_not_blame_the_images(classified_images, status):
    body = b'{"error": "the queue is full"}'
    message = f"is overloaded or fails .{status}: the queue is full.; try again"
    require_told(classified_images, status, body, message)


def test_rest_on_the_grpc_port_is_told(serving_ports, classified_images):
    with pytest.raises(InputError, match="is it the REST port"):
        rest.predict(classified_images, port=serving_ports[grpc_client], **SHARED)


def test_request_is_the_published_column_form(serving_ports, stand_in, classified_images):
    rest.predict(classified_images[:1], port=serving_ports[rest], **SHARED)
    document = stand_in.documents[-1]
    assert sorted(document) == ["inputs", "signature_name"]
    assert document["signature_name"] == "serving_default"
    np.testing.assert_array_equal(np.float32(document["inputs"]), classified_images[:1])


def test_row_form_gives_the_same_row_by_row(serving_ports, classified_images):
    """What docs/serving.md shows with curl: `instances` in, `predictions` out."""
    body = json.dumps({"instances": classified_images[[0, 2]].tolist()}).encode()
    url = f"http://127.0.0.1:{serving_ports[rest]}/v1/models/p:predict"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, body) as answer:
        predictions = json.load(answer)["predictions"]
    outputs = rest.predict(classified_images[[0, 2]], port=serving_ports[rest], **SHARED)
    assert len(predictions) == 2
    for row, prediction in enumerate(predictions):
        assert sorted(prediction) == sorted(outputs)
        assert prediction["label"] == outputs["label"][row]
        np.testing.assert_allclose(prediction["logits"], outputs["logits"][row], atol=1e-5)
