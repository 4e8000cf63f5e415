"""What a file does to the process that loads it first ends there, as one line."""

import sys

import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models import isolation
from aaa_tf.models.isolation import LoadLimits
from aaa_tf.models.loading import load_classifier
from tests.conftest import build_tiny_classifier


@pytest.fixture(scope="module")
def wicked(tmp_path_factory):
    """A function that writes a model whose loading runs the given Python, if it is trusted."""
    folder = tmp_path_factory.mktemp("wicked")
    script = folder / "script.py"
    code = f"lambda x: (exec(open({str(script)!r}).read(), {{}}), x)[1]"
    script.write_text("")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Lambda(eval(code), output_shape=(8, 8, 1)),
         keras.layers.Flatten(), keras.layers.Dense(3)]
    )  # fmt: skip
    model.save(folder / "m.keras")

    def write(text):
        script.write_text(text)
        return str(folder / "m.keras")

    return write


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("import os; os.abort()", {}, r"ended the process .*\(signal SIGABRT\)"),
        ("import os; os._exit(7)", {}, r"ended the process .*\(code 7\)"),
        ("import sys; sys.exit(0)", {}, "SystemExit"),
        ("import time; time.sleep(60)", {"seconds": 1}, "not loaded within 1 seconds"),
        ("b'x' * 10**10", {"memory_gb": 2}, "more than 2 GB of memory"),
        ("import time; a = b'x' * (9 * 10**8); time.sleep(60)", {"memory_gb": 1},
         "more than 1 GB of memory"),
        ("raise OSError('line one\\nline two')", {}, "OSError"),
    ],
)  # fmt: skip
def test_every_end_is_one_line(wicked, text, limits, message):
    path = wicked(text)
    with pytest.raises(InputError, match=message) as raised:
        load_classifier(path, trust=True, limits=LoadLimits(**limits))
    assert path in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_content_that_loaded_once_is_not_tried_again(tmp_path, monkeypatch):
    model = build_tiny_classifier(3)
    model.save(tmp_path / "m.keras")
    load_classifier(str(tmp_path / "m.keras"))
    (tmp_path / "copy.keras").write_bytes((tmp_path / "m.keras").read_bytes())

    def ask(request):
        raise AssertionError(f"tried again: {request}")

    with monkeypatch.context() as patch:
        patch.setattr(isolation._server, "ask", ask)
        load_classifier(str(tmp_path / "copy.keras"))
        with pytest.raises(AssertionError, match="tried again"):
            load_classifier(str(tmp_path / "copy.keras"), mean=(1,))
        build_tiny_classifier(4).save(tmp_path / "copy.keras")
        with pytest.raises(AssertionError, match="tried again"):
            load_classifier(str(tmp_path / "copy.keras"))


def test_a_server_that_died_is_started_again(tmp_path, rng):
    model = build_tiny_classifier(5)
    model.save(tmp_path / "m.keras")
    if isolation._server._process is not None:
        isolation._server._process.kill()
        isolation._server._process.wait()
    images = rng.random((2, 8, 8, 1), np.float32)
    native = load_classifier(str(tmp_path / "m.keras"))
    np.testing.assert_array_equal(native.logits_fn(images), model(images))


def test_a_server_that_cannot_run_is_told(tmp_path, monkeypatch):
    build_tiny_classifier(6).save(tmp_path / "m.keras")
    monkeypatch.setattr(isolation, "_server", isolation._Server())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(InputError, match=r"cannot run here; isolate=False"):
        load_classifier(str(tmp_path / "m.keras"))
    isolation._server.stop()


def test_content_hash_covers_every_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = isolation.content_hash(str(tmp_path / "a"))
    (tmp_path / "a" / "y").write_text("")
    second = isolation.content_hash(str(tmp_path / "a"))
    (tmp_path / "a" / "y").rename(tmp_path / "a" / "z")
    assert len({first, second, isolation.content_hash(str(tmp_path / "a"))}) == 3


@pytest.mark.parametrize("limits", [{"seconds": 0}, {"memory_gb": -1}, {"seconds": float("nan")}])
def test_limits_that_cannot_be(limits):
    with pytest.raises(InputError, match="must be above 0"):
        LoadLimits(**limits)
