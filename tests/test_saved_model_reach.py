"""What a signature would run is found wherever it hides."""

import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from tests.scanned_models import read_file, save, scan, score


def in_a_branch(pixels):
    scores = score(pixels)
    return tf.cond(tf.reduce_sum(scores) > 1e9, lambda: read_file(scores), lambda: scores)


def in_a_loop(pixels):
    return tf.while_loop(
        lambda i, _: i < 2, lambda i, x: (i + 1, read_file(x)), (0, score(pixels))
    )[1]


def in_a_map(pixels):
    return tf.map_fn(read_file, score(pixels))


def in_a_call_of_a_call(pixels):
    return tf.function(lambda x: tf.function(read_file)(x))(score(pixels))


def behind_a_control_dependency(pixels):
    with tf.control_dependencies([tf.io.write_file("never_written", "y")]):
        return tf.identity(score(pixels))


@tf.custom_gradient
def with_a_gradient_that_writes(x):
    def gradient(upstream):
        with tf.control_dependencies([tf.io.write_file("never_written", "y")]):
            return tf.identity(upstream)

    return tf.identity(x), gradient


def in_a_gradient(pixels):
    return with_a_gradient_that_writes(score(pixels))


def in_python(pixels):
    return tf.ensure_shape(tf.py_function(lambda x: x, [score(pixels)], tf.float32), (None, 3))


def in_a_print(pixels):
    tf.print("scores", output_stream="file://scores.txt")
    return score(pixels)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (lambda pixels: read_file(score(pixels)), "ReadFile"),
        (in_a_branch, "ReadFile"),
        (in_a_loop, "ReadFile"),
        (in_a_map, "ReadFile"),
        (in_a_call_of_a_call, "ReadFile"),
        (behind_a_control_dependency, "WriteFile"),
        (in_a_gradient, "WriteFile"),
        (in_python, "EagerPyFunc"),
        (in_a_print, "PrintV2"),
    ],
)
def test_what_a_signature_reaches_is_named(tmp_path, function, operation):
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    save(tmp_path / "m", function, options=options)
    with pytest.raises(InputError, match=rf"it contains the operation {operation} .*trust"):
        scan(tmp_path / "m")
