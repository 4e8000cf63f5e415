"""Losses per example, and the training objectives named after the paper.

Every loss returns one value per example; the caller reduces. L_xent is cross-entropy and L_mse is
reconstruction (the paper's tables decide; its text after equation 3 swaps the names).
"""

import tensorflow as tf

from aaa_tf.errors import require_known

# Objective -> (weight of cross-entropy, weight of lambda * squared error).
OBJECTIVE_WEIGHTS = {"xent": (1.0, 0.0), "mse": (0.0, 1.0), "xent_mse": (1.0, 1.0)}


def softmax_cross_entropy(logits, labels):
    """Cross-entropy in nats: float32 logits (N, classes), integer labels (N,) -> (N,)."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=tf.cast(logits, tf.float32)
    )


def mean_squared_error(reconstruction, images):
    """Squared error averaged over pixels and channels: two (N, H, W, C) -> (N,)."""
    return tf.reduce_mean(tf.square(tf.cast(reconstruction, tf.float32) - images), axis=(1, 2, 3))


def make_objective(loss: str, lambda_: float):
    """The training objective of equation 3 (Vaishnavi et al. 2020), per example.

    Args:
        loss: "xent", "mse" or "xent_mse".
        lambda_: factor of the squared error averaged over pixels. The paper sums over pixels, so
            its lambda is this one divided by (height * width * channels). For "mse" alone the
            factor only scales the loss, and is left out.

    Returns:
        objective(xent, mse) -> (N,), from per-example cross-entropy and squared error.

    Raises:
        InputError: for an unknown loss.
    """
    require_known("loss", loss, OBJECTIVE_WEIGHTS)
    xent_weight, mse_weight = OBJECTIVE_WEIGHTS[loss]
    if loss == "xent_mse":
        mse_weight = lambda_
    return lambda xent, mse: xent_weight * xent + mse_weight * mse
