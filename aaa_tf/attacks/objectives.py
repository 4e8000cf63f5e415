"""What an adversary maximises, and its gradient: one value per example, larger is worse for F.

xent            cross-entropy (Madry et al. 2018)
margin          largest wrong logit minus the true one (Carlini & Wagner 2017); above 0 is a success
dlr             difference of logits ratio (Croce & Hein 2020, equation 6): unchanged when logits
                are scaled, so it has gradients where cross-entropy saturates
targeted_dlr    the same towards one class (Croce & Hein 2020, equation 7)
"""

import tensorflow as tf

from aaa_tf.attacks.loops import while_loop
from aaa_tf.errors import InputError, require_known

_TINY = 1e-12


def xent(logits, labels):
    """Cross-entropy in nats: (N, K), (N,) -> (N,)."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def margin(logits, labels):
    """Largest over wrong classes minus the true logit: (N, K), (N,) -> (N,)."""
    true = tf.gather(logits, labels, batch_dims=1)
    others = logits - tf.one_hot(labels, tf.shape(logits)[1], on_value=logits.dtype.max)
    return tf.reduce_max(others, axis=1) - true


def dlr(logits, labels):
    """-(z_y - max over others) / (z_1st - z_3rd): (N, K), (N,) -> (N,)."""
    top = tf.math.top_k(logits, 3).values
    return margin(logits, labels) / (top[:, 0] - top[:, 2] + _TINY)


def targeted_dlr(logits, labels, targets):
    """-(z_y - z_t) / (z_1st - (z_3rd + z_4th) / 2): (N, K), (N,), (N,) -> (N,)."""
    top = tf.math.top_k(logits, 4).values
    true = tf.gather(logits, labels, batch_dims=1)
    target = tf.gather(logits, targets, batch_dims=1)
    return (target - true) / (top[:, 0] - 0.5 * (top[:, 2] + top[:, 3]) + _TINY)


_MIN_CLASSES = {"dlr": 3, "targeted_dlr": 4}
OBJECTIVES = {"xent": xent, "margin": margin, "dlr": dlr}


def get_objective(loss):
    """One of `OBJECTIVES` by name, or a function (logits, labels) -> (N,) of one's own as it is.

    Raises InputError, which lists them, for another name.
    """
    if callable(loss):
        return loss
    require_known("attack loss", loss, OBJECTIVES)
    return OBJECTIVES[loss]


def name_objective(loss) -> str:
    """What reports call an objective: its name, or that of the function."""
    return getattr(loss, "__name__", type(loss).__name__) if callable(loss) else loss


def require_classes(name, num_classes: int) -> None:
    """Raises InputError where an objective compares more logits than the model has."""
    minimum = 2 if callable(name) else _MIN_CLASSES.get(name, 2)
    if num_classes < minimum:
        raise InputError(
            f"{name} compares {minimum} logits and the model has {num_classes} classes; "
            "use xent or margin"
        )


def differentiate(objective, logits_fn, images, num_samples: int = 1):
    """Value, logits and gradient at `images`, averaged over draws of a random model.

    Args:
        objective: (images, logits) -> (N,), the labels already in it.
        logits_fn: images -> logits.
        images: (N, H, W, C).
        num_samples: how often a random `logits_fn` is evaluated (expectation over transformation,
            Athalye et al. 2018); 1 for a deterministic one.

    Returns:
        (values (N,), logits (N, K), gradients (N, H, W, C)).
    """

    def evaluate():
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            logits = logits_fn(images)
            values = objective(images, logits)
        return values, logits, tape.gradient(values, images)

    if num_samples == 1:
        return evaluate()
    total = while_loop(
        lambda i, *_: i < num_samples,
        lambda i, *sums: (i + 1, *(s + part for s, part in zip(sums, evaluate(), strict=True))),
        (tf.constant(1), *evaluate()),
    )[1:]
    return tuple(part / num_samples for part in total)
