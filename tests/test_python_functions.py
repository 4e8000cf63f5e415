import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.transfer import make_bpda
from aaa_tf.errors import InputError
from aaa_tf.evaluation.target import make_defended_target
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.python_functions import can_be_traced, in_graphs
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
    assert can_be_traced(quantize_in_tensorflow, IMAGES)
    assert not can_be_traced(quantize, IMAGES)
    graph = tf.function(in_graphs(tf.square), jit_compile=False).get_concrete_function(IMAGES).graph
    assert [op.type for op in graph.get_operations()].count("Square") == 1


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
    assert not make_defended_target(native, quantize).has_gradient
    target = make_defended_target(native, make_bpda(quantize))
    assert target.has_gradient
    expected = make_defended_logits_fn(quantize_in_tensorflow, native.logits_fn)(IMAGES)
    compiled = tf.function(target.logits_fn, jit_compile=False)
    np.testing.assert_allclose(compiled(IMAGES), expected, rtol=1e-4)


def test_a_defence_that_fails_is_told_with_its_reason():
    native = freeze_keras("f", build_tiny_classifier())
    with pytest.raises(InputError, match="defence mine fails on two random images: AttributeErr"):
        make_defended_target(native, broken, defence="mine")
