"""What holds for both clients, against a stand-in with TensorFlow Serving's formats."""

import socket

import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving import grpc_client, rest
from tests.stand_in_server import SHARED

CLIENTS = pytest.mark.parametrize("client", [rest, grpc_client], ids=["rest", "grpc"])


@CLIENTS
def test_answers_are_the_outputs_of_the_model(client, serving_ports, stand_in, classified_images):
    outputs = client.predict(classified_images, port=serving_ports[client], **SHARED)
    wanted = stand_in.run("serving_default", classified_images)
    assert sorted(outputs) == sorted(wanted)
    assert outputs["valid"].tolist() == [True, False, True]
    assert outputs["label"].tolist() == [label.decode() for label in wanted["label"]]
    for name in ("class", "logits", "purified", "perturbation_l2"):
        np.testing.assert_allclose(outputs[name], wanted[name], atol=1e-6)


@CLIENTS
def test_other_signatures_and_types(client, serving_ports, stand_in, rng):
    pixels = rng.integers(0, 256, (2, 8, 8, 1), np.uint8)
    outputs = client.predict(
        pixels, port=serving_ports[client], signature="predict_uint8", **SHARED
    )
    wanted = stand_in.run("predict_uint8", pixels)
    np.testing.assert_allclose(outputs["logits"], wanted["logits"], atol=1e-6)


@CLIENTS
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "q"}, "serves no model 'q'"),
        ({"name": "a/../b c"}, "serves no model"),
        ({"images": np.zeros((2, 7, 8, 1), np.float32)}, r"refuses float32 images of .*\(2, 7"),
        ({"signature": "nope"}, "refuses float32 images"),
    ],
)
def test_what_the_server_refuses_is_one_line(
    client, serving_ports, classified_images, change, message
):
    arguments = {"images": classified_images, "port": serving_ports[client]} | SHARED | change
    with pytest.raises(InputError, match=message) as caught:
        client.predict(**arguments)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@CLIENTS
def test_no_server_is_told(client, classified_images):
    with socket.socket() as unused:  # bound and not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(InputError, match="no model server at .* start one with bin/serve p"):
            client.predict(classified_images, port=port, **SHARED)


@CLIENTS
def test_a_server_that_says_nothing_is_told(client, classified_images):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(InputError, match="gave no answer in|no model server at"):
            client.predict(classified_images, port=port, timeout=0.3, **SHARED)
