import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.callables import is_callable_name, load_callable

SHAPE = (4, 4, 1)
SOURCE = """
import numpy as np
import tensorflow as tf

def tensors(images):
    mean = tf.reduce_mean(images, axis=(1, 2, 3))
    return tf.stack([mean, 1 - mean], axis=1)

def arrays(images):
    mean = np.asarray(images).mean(axis=(1, 2, 3))
    return np.stack([mean, 1 - mean], axis=1)

def of_a_tensor(images):
    mean = images.numpy().mean(axis=(1, 2, 3))
    return np.stack([mean, 1 - mean], axis=1)

def a_tensor_of_arrays(images):
    mean = images.numpy().mean(axis=(1, 2, 3))
    return tf.constant(np.stack([mean, 1 - mean], axis=1))

def one_number(images):
    return tf.reduce_mean(images)

def text(images):
    return np.full((len(images), 2), "a")

def one_row(images):
    return tf.zeros((1, 2))

@tf.custom_gradient
def _steps(images):
    def no_gradient(upstream):
        raise LookupError("no gradient defined")
    return tf.round(images), no_gradient

def steps(images):
    return tensors(_steps(images))

@tf.custom_gradient
def _gradient_of_ten(images):
    return tf.identity(images), lambda upstream: 10 * upstream

def gradient_of_ten(images):
    return tensors(_gradient_of_ten(images))

def detector(images):
    rough = tf.reduce_mean(tf.abs(images[:, 1:] - images[:, :-1]), axis=(1, 2, 3)) > 0.2
    return tf.where(rough[:, None], 0.0, tensors(images))

def noise(images):
    return tensors(images) + tf.random.normal((2,))

constant = 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "my_defence.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("def")
    (tmp_path / "fails.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_functions_of_tensors_and_of_arrays_are_one(folder, rng):
    images = rng.random((5, *SHAPE), np.float32)
    tensors, *others = (
        load_callable(f"my_defence:{name}", image_shape=SHAPE)
        for name in ("tensors", "arrays", "of_a_tensor", "a_tensor_of_arrays")
    )
    assert tensors.has_gradient
    for arrays in others:
        assert not arrays.has_gradient
        assert tensors.num_classes == arrays.num_classes == 2
        for logits_fn in (arrays.logits_fn, tf.function(arrays.logits_fn)):
            np.testing.assert_allclose(logits_fn(images), tensors.logits_fn(images), atol=1e-6)


def test_functions_of_one_file_differ_by_answers_and_gradient(folder):
    names = ("tensors", "arrays", "steps", "gradient_of_ten", "noise")
    found = [load_callable(f"my_defence:{name}", image_shape=SHAPE).identity() for name in names]
    assert len(set(found)) == len(names)
    again = [load_callable(f"my_defence:{name}", image_shape=SHAPE).identity() for name in names]
    assert found == again


def test_a_gradient_that_fails_is_none(folder):
    assert not load_callable("my_defence:steps", image_shape=SHAPE).has_gradient


def test_a_detector_that_refuses_noise_has_a_gradient(folder):
    assert load_callable("my_defence:detector", image_shape=SHAPE).has_gradient


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_defence:nothing", "cannot be imported"),
        ("no_such_module:f", "cannot be imported: No module named 'no_such_module'"),
        ("my_defence:constant", "is no function"),
        ("my_defence:one_number", "needed: one score per class"),
        ("my_defence:text", "fails on two random images: ValueError"),
        ("my_defence:one_row", "returns 1 rows for two images"),
        ("broken:f", r"cannot be imported: invalid syntax .*\(SyntaxError\)"),
        ("fails:f", r"cannot be imported: division by zero \(ZeroDivisionError\)"),
        ("json:dumps", "fails on two random images"),
    ],
)
def test_what_is_no_classifier_is_told(folder, name, message):
    with pytest.raises(InputError, match=message):
        load_callable(name, image_shape=SHAPE)


def test_paths_are_not_taken_for_functions(tmp_path):
    (tmp_path / "a:b").write_text("")
    assert is_callable_name("package.module:function")
    assert not is_callable_name("runs/x.keras")
    assert not is_callable_name(str(tmp_path / "a:b"))


ON_ONE_PROCESSOR = """
import os

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import aaa_tf
import tensorflow as tf

inner = tf.function(lambda x: x + 1)
outer = tf.function(lambda x: tf.numpy_function(lambda v: inner(v).numpy(), [x], tf.float32))
print(outer(tf.constant(1.0)).numpy())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors are chosen on Linux")
def test_a_graph_within_a_graph_ends_on_one_processor():
    run = subprocess.run(
        [sys.executable, "-c", ON_ONE_PROCESSOR], capture_output=True, text=True, timeout=120
    )
    assert run.stdout.strip() == "2.0", run.stderr[-2000:]
