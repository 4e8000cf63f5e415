"""Asks a served pipeline over HTTP, with nothing but the standard library and NumPy.

    outputs = predict(images, name="mnist", host="localhost", port=8501)
    outputs["label"], outputs["valid"]

The documents are those of TensorFlow Serving's REST API in its column form: `inputs` in, `outputs`
out, each output an array whose dimension 0 is the batch.

Reference: TensorFlow Serving, RESTful API, section Predict API.
"""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

from aaa_tf.errors import InputError

PORT = 8501
_NOT_SERVING = (ValueError, KeyError, TypeError, AttributeError)  # of a document of another kind
# A model server is reached directly; a proxy of the environment would not know "localhost".
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def predict(
    images, *, name: str, host="localhost", port=PORT, signature="serving_default", timeout=60
) -> dict[str, np.ndarray]:
    """Sends one batch to one signature.

    Args:
        images: array (N, H, W, C) of the signature's type.
        name: model name, the NAME given to bin/serve.
        host: name or address of the server.
        port: its REST port.
        signature: name of the signature.
        timeout: seconds to wait.

    Returns:
        Arrays by output name, dimension 0 the batch; strings as str.

    Raises:
        InputError: no answer, no such model, images refused, or an answer of something else.
    """
    address = f"http://{host}:{port}"
    request = urllib.request.Request(
        f"{address}/v1/models/{urllib.parse.quote(name, safe='')}:predict",
        json.dumps({"signature_name": signature, "inputs": images.tolist()}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            outputs = json.load(answer)["outputs"]
        return {key: np.asarray(value) for key, value in outputs.items()}
    except urllib.error.HTTPError as error:
        raise InputError(_describe_refusal(error, address, name, images)) from error
    except urllib.error.URLError as error:
        raise InputError(
            f"no model server at {address} ({one_line(error.reason)}); start one with "
            f"bin/serve {name}, or give --host and --port"
        ) from error
    except TimeoutError as error:
        raise InputError(f"{address} gave no answer in {timeout} s; send fewer images") from error
    except (*_NOT_SERVING, ConnectionError, http.client.HTTPException) as error:
        raise InputError(
            f"{address} does not answer as TensorFlow Serving's REST API does; is it the REST port?"
        ) from error


def _describe_refusal(error, address, name, images):
    try:
        reason = one_line(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        reason = one_line(error.reason)
    if error.code == 404:
        return (
            f"{address} serves no model '{name}' ({reason}); give the NAME that bin/serve was given"
        )
    if error.code == 429 or error.code >= 500:
        return f"{address} is overloaded or fails ({error.code}: {reason}); try again"
    return (
        f"{address} refuses {images.dtype} images of shape {images.shape} "
        f"({error.code}: {reason}); send images of the shape in the manifest of {name}"
    )


def one_line(reason) -> str:
    """A server's reason on one line of bearable length."""
    return " ".join(str(reason).split())[:300] or "no reason given"
