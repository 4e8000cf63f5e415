"""Losses per example, and the training objectives named after the paper.

Every loss returns one value per example; the caller reduces. L_xent is cross-entropy and L_mse is
reconstruction (the paper's tables decide; its text after equation 3 swaps the names).
"""

import tensorflow as tf

from aaa_tf.errors import require_known

# Objective -> (weight of classification, weight of lambda * squared error).
OBJECTIVE_WEIGHTS = {
    "xent": (1.0, 0.0),
    "mse": (0.0, 1.0),
    "xent_mse": (1.0, 1.0),
    "trades_mse": (1.0, 1.0),
}


def softmax_cross_entropy(logits, labels):
    """Cross-entropy in nats: float32 logits (N, classes), integer labels (N,) -> (N,)."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=tf.cast(logits, tf.float32)
    )


def kl_divergence(labels, logits):
    """KL(p || q) in nats between two predictions given as logits.

    Args:
        labels: logits (N, K) of p. The name is the one that CleverHans gives to what it hands on.
        logits: logits (N, K) of q.

    Returns:
        (N,), 0 where both predict the same.
    """
    log_p = tf.nn.log_softmax(tf.cast(labels, tf.float32))
    log_q = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    return tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=1)


def trades(clean_logits, adversarial_logits, labels, beta: float):
    """Cross-entropy of the clean prediction, and beta times its divergence from the attacked one.

    Args:
        clean_logits: (N, K), of the clean images.
        adversarial_logits: (N, K), of the attacked images.
        labels: (N,) integer classes.
        beta: weight of the divergence, 1 / lambda in the paper, which takes 6 for CIFAR-10.

    Returns:
        (N,).

    Reference: Zhang et al. 2019 (TRADES), algorithm 1.
    """
    divergence = kl_divergence(clean_logits, adversarial_logits)
    return softmax_cross_entropy(clean_logits, labels) + beta * divergence


def mean_squared_error(reconstruction, images):
    """Squared error averaged over pixels and channels: two (N, H, W, C) -> (N,)."""
    return tf.reduce_mean(tf.square(tf.cast(reconstruction, tf.float32) - images), axis=(1, 2, 3))


def make_objective(loss: str, lambda_: float):
    """The training objective of equation 3 (Vaishnavi et al. 2020), per example.

    Args:
        loss: "xent", "mse", "xent_mse", or "trades_mse", whose first part is `trades`.
        lambda_: factor of the squared error averaged over pixels. The paper sums over pixels, so
            its lambda is this one divided by (height * width * channels). For "mse" alone the
            factor only scales the loss, and is left out.

    Returns:
        objective(classification, mse) -> (N,), from per-example cross-entropy (or `trades`) and
        squared error.

    Raises:
        InputError: for an unknown loss.
    """
    require_known("loss", loss, OBJECTIVE_WEIGHTS)
    xent_weight, mse_weight = OBJECTIVE_WEIGHTS[loss]
    if xent_weight and mse_weight:
        mse_weight = lambda_
    return lambda classification, mse: xent_weight * classification + mse_weight * mse
