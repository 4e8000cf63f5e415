"""REST and gRPC clients and bin/query, against a stand-in with TensorFlow Serving's formats."""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request

import numpy as np
import PIL.Image
import pytest

from aaa_tf.cli.query import format_answers
from aaa_tf.errors import InputError
from aaa_tf.serving import grpc_client, rest
from aaa_tf.serving.images import read_images
from tests.stand_in_server import StandIn, serve_grpc, serve_rest

CLIENTS = pytest.mark.parametrize("client", [rest, grpc_client], ids=["rest", "grpc"])
SHARED = {"name": "p", "host": "127.0.0.1"}


@pytest.fixture(scope="module")
def stand_in(exported):
    return StandIn(exported.parent)


@pytest.fixture(scope="module")
def ports(stand_in):
    with serve_rest(stand_in) as rest_port, serve_grpc(stand_in) as grpc_port:
        yield {rest: rest_port, grpc_client: grpc_port}


@pytest.fixture
def images(rng):
    images = rng.random((3, 8, 8, 1), np.float32)
    images[1, 0, 0] = np.nan
    return images


@CLIENTS
def test_answers_are_the_outputs_of_the_model(client, ports, stand_in, images):
    outputs = client.predict(images, port=ports[client], **SHARED)
    wanted = stand_in.run("serving_default", images)
    assert sorted(outputs) == sorted(wanted)
    assert outputs["valid"].tolist() == [True, False, True]
    assert outputs["label"].tolist() == [label.decode() for label in wanted["label"]]
    for name in ("class", "logits", "purified", "perturbation_l2"):
        np.testing.assert_allclose(outputs[name], wanted[name], atol=1e-6)


@CLIENTS
def test_other_signatures_and_types(client, ports, stand_in, rng):
    pixels = rng.integers(0, 256, (2, 8, 8, 1), np.uint8)
    outputs = client.predict(pixels, port=ports[client], signature="predict_uint8", **SHARED)
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
def test_what_the_server_refuses_is_one_line(client, ports, images, change, message):
    arguments = {"images": images, "port": ports[client]} | SHARED | change
    with pytest.raises(InputError, match=message) as caught:
        client.predict(**arguments)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@CLIENTS
def test_no_server_is_told(client, images):
    with socket.socket() as unused:  # bound and not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(InputError, match="no model server at .* start one with bin/serve p"):
            client.predict(images, port=port, **SHARED)


@CLIENTS
def test_a_server_that_says_nothing_is_told(client, images):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(InputError, match="gave no answer in|no model server at"):
            client.predict(images, port=port, timeout=0.3, **SHARED)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"outputs": 3}', b"{}", b"\xff"])
def test_a_server_of_another_kind_is_told(images, body):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Says nothing in the tests' output."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(InputError, match="is it the REST port"):
            rest.predict(images, port=server.server_port, **SHARED)
        thread.join()


def test_rest_on_the_grpc_port_is_told(ports, images):
    with pytest.raises(InputError, match="is it the REST port"):
        rest.predict(images, port=ports[grpc_client], **SHARED)


def test_request_is_the_published_column_form(ports, stand_in, images):
    rest.predict(images[:1], port=ports[rest], **SHARED)
    document = stand_in.documents[-1]
    assert sorted(document) == ["inputs", "signature_name"]
    assert document["signature_name"] == "serving_default"
    np.testing.assert_array_equal(np.float32(document["inputs"]), images[:1])


def test_row_form_gives_the_same_row_by_row(ports, images):
    """What docs/serving.md shows with curl: `instances` in, `predictions` out."""
    body = json.dumps({"instances": images[[0, 2]].tolist()}).encode()
    url = f"http://127.0.0.1:{ports[rest]}/v1/models/p:predict"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, body) as answer:
        predictions = json.load(answer)["predictions"]
    outputs = rest.predict(images[[0, 2]], port=ports[rest], **SHARED)
    assert len(predictions) == 2
    for row, prediction in enumerate(predictions):
        assert sorted(prediction) == sorted(outputs)
        assert prediction["label"] == outputs["label"][row]
        np.testing.assert_allclose(prediction["logits"], outputs["logits"][row], atol=1e-5)


def query(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-c",
         "import sys; from aaa_tf.cli import query; sys.argv[0] = 'query'\n"
         "try: query.run()\n"
         "finally: print('tensorflow' in sys.modules, file=sys.stderr)", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def test_bin_query_prints_class_label_and_validity_and_needs_no_tensorflow(
    ports, stand_in, images, tmp_path
):
    np.save(tmp_path / "images.npy", images)
    process = query("p", "--images=images.npy", f"--port={ports[rest]}", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    outputs = stand_in.run("serving_default", images)
    lines = [line.split() for line in process.stdout.splitlines()]
    assert lines[0] == ["image", "class", "label", "probability", "perturbation_linf", "valid"]
    number, label = outputs["class"][0], outputs["label"][0].decode()
    assert lines[1][:3] == ["0", str(number), label]
    assert lines[2] == ["1", "-1", "0.0000", "0.000", "no"]
    assert [line[-1] for line in lines[1:]] == ["yes", "no", "yes"]
    assert process.stderr.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one NAME"),
        (("p", "q"), "give one NAME"),
        (("p",), "give either --images or --dataset"),
        (("p", "--images=none.png"), "none.png cannot be read as an image"),
        (("p", "--num_images=-1"), "num_images"),
    ],
)
def test_bin_query_tells_wrong_input_in_one_line(tmp_path, arguments, message):
    process = query(*arguments, cwd=tmp_path)
    assert process.returncode == 2
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert message in line


def test_table_aligns_long_labels():
    outputs = {
        "class": np.array([10, -1]), "label": np.array(["a long label", ""]),
        "probabilities": np.array([[0.75, 0.25], [0, 0]]), "valid": np.array([True, False]),
        "perturbation_linf": np.array([0.5, 0]),
    }  # fmt: skip
    assert format_answers(outputs).splitlines() == [
        "image  class  label         probability  perturbation_linf  valid",
        "0      10     a long label  0.7500       0.500              yes",
        "1      -1                   0.0000       0.000              no",
    ]


# Files


def test_image_files_are_read_as_they_are(tmp_path, rng):
    pixels = rng.integers(0, 256, (2, 4, 5, 3), np.uint8)
    for row, image in enumerate(pixels):
        PIL.Image.fromarray(image).save(tmp_path / f"{row}.png")
    PIL.Image.fromarray(pixels[0, ..., 0]).save(tmp_path / "grey.png")
    found = read_images([tmp_path / "0.png", tmp_path / "1.png"])
    np.testing.assert_array_equal(found, pixels)
    np.testing.assert_array_equal(read_images([tmp_path / "grey.png"]), pixels[:1, ..., :1])
    with pytest.raises(InputError, match="one shape at a time"):
        read_images([tmp_path / "0.png", tmp_path / "grey.png"])


def test_arrays_are_read_as_they_are(tmp_path, rng):
    images = rng.random((2, 4, 4))
    np.save(tmp_path / "a.npy", images)
    found = read_images([tmp_path / "a.npy"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, images.astype(np.float32)[..., None])
    pixels = rng.integers(0, 256, (2, 4, 4, 3), np.uint8)
    np.savez(tmp_path / "b.npz", x_test=pixels)
    np.testing.assert_array_equal(read_images([tmp_path / "b.npz"]), pixels)


def test_an_array_is_known_by_its_content(tmp_path, rng):
    images = rng.random((2, 4, 4, 1), np.float32)
    np.save(tmp_path / "a.npy", images)
    np.savez(tmp_path / "b.npz", images=images)
    (tmp_path / "a.npy").rename(tmp_path / "c.npz")
    (tmp_path / "b.npz").rename(tmp_path / "d.npy")
    for name in ("c.npz", "d.npy"):
        np.testing.assert_array_equal(read_images([tmp_path / name]), images)


def test_images_that_would_not_arrive_as_they_are_are_refused(tmp_path, monkeypatch):
    PIL.Image.fromarray(np.full((4, 4), 1000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match=r"deep.png has more than 8 bits a colour \(I;16\)"):
        read_images([tmp_path / "deep.png"])
    PIL.Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "large.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 7)
    with pytest.raises(InputError, match=r"large.png cannot be read as an image: .*exceeds"):
        read_images([tmp_path / "large.png"])


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4)), np.zeros((1, 4, 4, 1), np.int64), np.array([{}]), None]
)
def test_other_arrays_are_refused(tmp_path, array):
    path = tmp_path / "a.npy"
    path.write_bytes(b"no array") if array is None else np.save(path, array)
    with pytest.raises(InputError, match=r"a.npy (holds|cannot be read)"):
        read_images([path])
