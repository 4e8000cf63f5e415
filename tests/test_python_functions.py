import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.transfer import make_bpda
from aaa_tf.errors import InputError
from aaa_tf.evaluation.target import make_defended_target
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.python_functions import in_graphs, why_not_traced
from tests.conftest import build_tiny_classifier

IMAGES = tf.constant(np.random.default_rng(0).random((5, 8, 8, 1), np.float32))


def quantize(images):
    """Of NumPy, in float64."""
    return np.round(np.asarray(images, np.float64) * 7) / 7


def quantize_in_tensorflow(images):
    return tf.round(images * 7) / 7


def enlarge(images):
    return np.asarray(images).repeat(2, axis=1)


def broken(images):
    return images.astype("float64")


def test_what_can_be_traced_is_left_as_it_is():
    assert why_not_traced(quantize_in_tensorflow, IMAGES) == ""
    reason = why_not_traced(quantize, IMAGES)
    assert reason.startswith("NotImplementedError: Cannot convert a symbolic tf.Tensor")
    graph = tf.function(in_graphs(tf.square), jit_compile=False).get_concrete_function(IMAGES).graph
    assert [op.type for op in graph.get_operations()].count("Square") == 1


RNG = np.random.default_rng(0)


def noisy_by_numpy(images):
    return images + RNG.normal(0, 0.1, images.shape).astype(np.float32)


def noisy_by_tensorflow(images):
    return images + tf.random.normal(tf.shape(images), 0, 0.1)


def noisy_alike(images):
    return images + np.random.default_rng(0).normal(0, 0.1, images.shape).astype(np.float32)


def test_random_numbers_of_numpy_are_drawn_anew_in_a_graph():
    """A graph would keep the first ones, and an attack would fit those alone."""
    assert why_not_traced(noisy_by_tensorflow, IMAGES) == why_not_traced(noisy_alike, IMAGES) == ""
    assert "random numbers that are not TensorFlow's" in why_not_traced(noisy_by_numpy, IMAGES)
    function = in_graphs(noisy_by_numpy)
    twice = tf.function(lambda x: (function(x), function(x)), jit_compile=False)
    draws = [*twice(IMAGES), *twice(IMAGES)]
    assert len({draw.numpy().tobytes() for draw in draws}) == 4


KERNEL = np.ones((3, 3, 1, 1), np.float32) / 9


def blur(images, kernel=KERNEL):
    return tf.nn.conv2d(images, np.asarray(kernel), 1, "SAME")


def brighten_dark_ones(images):
    return images * 2 if tf.reduce_mean(images) < 0.5 else images


@pytest.mark.parametrize("function", [blur, functools.partial(blur, kernel=KERNEL)])
def test_arrays_of_a_function_stay_arrays(function):
    """As tensors of the graph they could be given to no NumPy."""
    assert why_not_traced(function, IMAGES) == ""
    native = freeze_keras("f", build_tiny_classifier())
    assert make_defended_target(native, function).has_gradient


def test_a_branch_on_a_tensor_is_traced_but_not_under_a_custom_gradient():
    native = freeze_keras("f", build_tiny_classifier())
    for defence in (brighten_dark_ones, make_bpda(brighten_dark_ones)):
        target = make_defended_target(native, defence)
        assert target.has_gradient
        found = tf.function(target.logits_fn, jit_compile=False)(IMAGES)
        expected = native.logits_fn(brighten_dark_ones(IMAGES))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("is_compiled", [False, True])
def test_a_function_of_numpy_answers_in_float32(is_compiled):
    function = in_graphs(quantize)
    function = tf.function(function, jit_compile=False) if is_compiled else function
    found = function(IMAGES)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, quantize_in_tensorflow(IMAGES), atol=1e-6)


def test_a_graph_knows_the_shape_of_the_answer():
    graph = tf.function(in_graphs(enlarge), jit_compile=False).get_concrete_function(IMAGES)
    assert graph.structured_outputs.shape == (5, 16, 8, 1)
    np.testing.assert_array_equal(graph(IMAGES), enlarge(IMAGES))


def test_a_defence_of_numpy_has_no_gradient_and_bpda_gives_it_one():
    native = freeze_keras("f", build_tiny_classifier())
    with pytest.warns(UserWarning, match=r"cannot trace defence mine \(NotImplementedError: Cann"):
        assert not make_defended_target(native, quantize, defence="mine").has_gradient
    target = make_defended_target(native, make_bpda(quantize))
    assert target.has_gradient
    expected = make_defended_logits_fn(quantize_in_tensorflow, native.logits_fn)(IMAGES)
    compiled = tf.function(target.logits_fn, jit_compile=False)
    np.testing.assert_allclose(compiled(IMAGES), expected, rtol=1e-4)


class Quantize(keras.layers.Layer):
    def call(self, images):
        return quantize(images)


def test_a_layer_without_weights_may_be_of_numpy():
    native = freeze_keras("f", build_tiny_classifier())
    with pytest.warns(UserWarning, match="cannot trace defence"):
        target = make_defended_target(native, Quantize())
    compiled = tf.function(target.logits_fn, jit_compile=False)
    expected = make_defended_logits_fn(quantize_in_tensorflow, native.logits_fn)(IMAGES)
    np.testing.assert_allclose(compiled(IMAGES), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (broken, "defence mine fails on two random images: AttributeErr"),
        (lambda x: (np.asarray(x) * 255).astype("uint8"), "makes uint8 of shape .+ up to 25"),
        (lambda x: x * 255, "makes float32 of shape .+ up to 25"),
        (lambda x: x[:1], r"of shape \(1, 8, 8, 1\) up to .+ of float32 images \(2, 8, 8, 1\)"),
    ],
)
def test_what_is_no_defence_is_told(function, message):
    native = freeze_keras("f", build_tiny_classifier())
    with pytest.raises(InputError, match=message):
        make_defended_target(native, function, defence="mine")
