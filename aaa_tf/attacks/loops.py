"""The loop of every attack: `tf.while_loop` whose body stays a function of its own.

    _, points = while_loop(lambda i, _: i < num_steps, step, (tf.constant(0), start))

Inlined, a body becomes a cycle in the caller's graph, and there TensorFlow 2.21 does not always
replace the gradient of max pooling by the fast one of oneDNN: of the same loop some traces took a
quarter longer in float32, twice as long in bfloat16 (benchmarks/README.md). A function that is
called has no cycle; results are the same bits.
"""

import tensorflow as tf


def while_loop(condition, body, state):
    """Applies `body` to the state while `condition` of it holds; eager outside a tf.function.

    Args:
        condition: (*state) -> scalar bool.
        body: (*state) -> the next state, tensors of the same shapes and types.
        state: tuple of tensors or nested structures of them.

    Returns:
        The last state.
    """
    if tf.inside_function():
        body = tf.function(body, jit_compile=False, experimental_attributes={"_noinline": True})
    return tf.while_loop(condition, lambda *values: body(*values), state)


def is_finished(attack, is_success):
    """Whether a batch may end before its last step: all of its rows are broken, and stay broken.

    Not with gradients averaged over draws of a random model: a row that was wrong once may be right
    at the draw that judges it, and further steps make it wrong at more of them.

    Args:
        attack: with `stops_early` and `num_samples`.
        is_success: (N,) bool, of the rows so far.

    Returns:
        Scalar bool.
    """
    return attack.stops_early & (attack.num_samples == 1) & tf.reduce_all(is_success)
