import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from aaa_tf.attacks.loops import while_loop


def climb(images, num_steps):
    """Gradient steps through max pooling."""

    def step(i, points):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            height = tf.reduce_sum(tf.nn.max_pool2d(points, 2, 2, "SAME") ** 2)
        return i + 1, points + 0.1 * tape.gradient(height, points)

    return while_loop(lambda i, _: i < num_steps, step, (tf.constant(0), images))[1]


def test_eager_compiled_and_written_out_are_equal_for_any_number_of_steps(rng):
    images = tf.constant(rng.random((2, 4, 4, 1), np.float32))
    compiled = tf.function(climb, jit_compile=False)
    for num_steps in (0, 1, 5):
        expected = images
        for _ in range(num_steps):
            expected = climb(expected, 1)
        np.testing.assert_array_equal(climb(images, num_steps), expected)
        np.testing.assert_array_equal(compiled(images, tf.constant(num_steps)), expected)
    assert compiled.experimental_get_tracing_count() == 1


def test_a_gradient_of_pooling_is_never_part_of_a_cycle():
    # There TensorFlow finds its fast kernel by luck alone.
    compiled = tf.function(climb, jit_compile=False)
    context.enable_run_metadata()
    try:
        compiled(tf.zeros((2, 4, 4, 1)), tf.constant(2))
        metadata = context.export_run_metadata()
    finally:
        context.disable_run_metadata()
    graphs = [graph.post_optimization_graph for graph in metadata.function_graphs]
    operations = [{node.op for node in graph.node} for graph in graphs]
    assert any("NextIteration" in names for names in operations)
    assert not any({"NextIteration", "MaxPoolGrad"} <= names for names in operations)
