"""Equation 3 of the paper: what an update of the autoencoder minimises, for each image.

    objective = make_objective(config)
    values = objective(reconstruction, logits, clean_logits, images, labels)

L_xent is cross-entropy and L_mse is reconstruction (the paper's tables decide; its text after
equation 3 swaps the names). Training and validation both take the objective from here.
"""

import inspect

import tensorflow as tf

from aaa_tf import losses
from aaa_tf.config_checks import LOSS_ARGUMENTS

# Objective -> (weight of classification, weight of lambda * squared error).
_WEIGHTS = {"xent": (1, 0), "mse": (0, 1), "xent_mse": (1, 1), "trades_mse": (1, 1)}


def make_objective(config):
    """The objective that an AAAConfig names.

    Args:
        config: AAAConfig. `lambda_` multiplies the squared error averaged over pixels. The paper
            sums over pixels, so its lambda is this one divided by (height * width * channels). For
            "mse" alone it would only scale the loss, and is left out. `loss` may be a function of
            one's own, which takes some of what the objective takes, under the same names.

    Returns:
        objective(reconstruction, logits, clean_logits, images, labels) -> {"loss", "xent", "mse"},
        (N,) each, float32: what to minimise, and cross-entropy and squared error beside it.
        reconstruction is what the autoencoder makes of the attacked images and logits what the
        classifier says to it; clean_logits are the pipeline's to the clean images, None unless
        `reads_clean_logits`; images (N, H, W, C) are the clean ones, labels (N,) classes.

    Reference: Vaishnavi et al. 2020, equation 3; Zhang et al. 2019 for trades_mse.
    """
    combine = _make_own(config.loss) if callable(config.loss) else _make_published(config)

    def objective(reconstruction, logits, clean_logits, images, labels):
        xent = losses.softmax_cross_entropy(logits, labels)
        mse = losses.mean_squared_error(reconstruction, images)
        loss = combine(reconstruction, logits, clean_logits, images, labels, xent, mse)
        return {"loss": loss, "xent": xent, "mse": mse}

    return objective


def _make_published(config):
    """Equation 3 with its parts switched on and off, TRADES in place of cross-entropy for one."""
    xent_weight, mse_weight = _WEIGHTS[config.loss]
    if xent_weight and mse_weight:
        mse_weight = config.lambda_

    def combine(reconstruction, logits, clean_logits, images, labels, xent, mse):
        del reconstruction, images
        classification = xent
        if config.loss == "trades_mse":
            classification = losses.trades(clean_logits, logits, labels, config.trades_beta)
        return xent_weight * classification + mse_weight * mse

    return combine


def _make_own(function):
    """A function of the user's own, given what its arguments name, in float32."""
    names = [name for name in inspect.signature(function).parameters if name in LOSS_ARGUMENTS]

    def combine(reconstruction, logits, clean_logits, images, labels, xent, mse):
        del xent, mse
        given = {
            "reconstruction": tf.cast(reconstruction, tf.float32),
            "logits": tf.cast(logits, tf.float32),
            "clean_logits": None if clean_logits is None else tf.cast(clean_logits, tf.float32),
            "images": images,
            "labels": labels,
        }
        return tf.cast(function(**{name: given[name] for name in names}), tf.float32)

    return combine


def reads_clean_logits(loss) -> bool:
    """Whether an objective compares with what is said to the clean images, which costs a pass."""
    if callable(loss):
        return "clean_logits" in inspect.signature(loss).parameters
    return loss == "trades_mse"
