"""Losses of the trainings: each returns one value per example, and the caller reduces."""

import tensorflow as tf


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
