"""Gradients of a loss with respect to images, as an attack sees them.

    gradients = compute_gradients(logits_fn, images, labels, "margin")

For measurements of the model, not for attacks: these differentiate inside their compiled searches.
"""

import numpy as np
import tensorflow as tf

from aaa_tf.attacks.objectives import get_objective
from aaa_tf.differentiability import gradient_or_none
from aaa_tf.errors import InputError


def compute_gradients(logits_fn, images, labels, loss, *, batch_size=250) -> np.ndarray:
    """Input gradients batch by batch, the last batch padded to the same shape.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K).
        images: (N, H, W, C).
        labels: (N,) true classes.
        loss: "xent", "margin" or "dlr"; see `attacks.objectives`.
        batch_size: images per compiled call.

    Returns:
        (N, H, W, C) float32.

    Raises:
        InputError: if the model gives no gradient, or the loss is unknown.
    """
    objective = get_objective(loss)

    @tf.function(jit_compile=False)
    def differentiate(images, labels):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            values = objective(logits_fn(images), labels)
        return tape.gradient(values, images)

    labels = np.asarray(labels, np.int32)
    parts = []
    for first in range(0, len(images), batch_size):
        rows = np.arange(first, min(first + batch_size, len(images)))
        padded = np.resize(rows, min(batch_size, len(images)))
        batch = tf.constant(images[padded]), tf.constant(labels[padded])
        gradients = gradient_or_none(differentiate, *batch)
        if gradients is None:
            raise InputError(
                "the model gives no gradient; use Square, SPSA or a transfer, or give its front "
                "end a gradient with make_bpda"
            )
        parts.append(gradients.numpy()[: len(rows)])
    return np.concatenate(parts)
