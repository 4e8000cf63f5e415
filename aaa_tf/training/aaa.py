"""Adversarially-trained autoencoder augmentation: one update, equations 2 and 3 of the paper.

    step_fn = make_aaa_step(autoencoder, native, optimizer, config)
    metrics = step_fn(images, labels, positions, step)        # under strategy.run

Attack the whole pipeline F(G(x)), reconstruct what the attack found, classify the reconstruction,
take the objective against the CLEAN image, update G. F is never touched, and no gradient of its
weights is computed. The adversary maximises cross-entropy whatever the objective is.

Warm-up is the same step with zero attack steps (the random start is then uniform noise of size
eps) and the squared error alone; the ramp scales eps and step_size linearly up to their values.
"""

import numpy as np
import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms, training_pgd
from aaa_tf.errors import InputError
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.training import metrics as metrics_module


def make_aaa_step(autoencoder, native, optimizer, config):
    """One update of the autoencoder against one native, to be run on every replica.

    Args:
        autoencoder: Keras model G, trainable.
        native: FrozenClassifier F.
        optimizer: Keras optimizer built on G's variables.
        config: AAAConfig.

    Returns:
        step_fn(images, labels, positions, step) -> dict of scalars, each the replica's share of
        the mean over the global batch. images (n, H, W, C) in [0, 1], labels (n,) and positions
        (n,), each example's place in the global batch; step, the number of the update.

    Raises:
        InputError: if the native has no gradient.

    Reference: Vaishnavi et al. 2020, equations 2 and 3.
    """
    _require_gradient(native)
    objective = losses.make_objective(config.loss, config.lambda_)
    pipeline = make_defended_logits_fn(autoencoder, native.logits_fn)
    weights = autoencoder.trainable_variables

    def step_fn(images, labels, positions, step):
        adversarial_images = attack(pipeline, images, labels, positions, step, config)
        with tf.GradientTape() as tape:
            reconstruction = autoencoder(adversarial_images, training=True)
            logits = native.logits_fn(reconstruction)
            xent = losses.softmax_cross_entropy(logits, labels)
            mse = losses.mean_squared_error(reconstruction, images)
            loss = tf.where(step < config.warmup_steps, mse, objective(xent, mse))
            mean_loss = tf.reduce_sum(loss) / config.batch_size
        gradients = tape.gradient(mean_loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        is_correct = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return metrics_module.shares(
            config.batch_size, loss=loss, xent=xent, mse=mse, accuracy=is_correct
        ) | metrics_module.count_non_finite(images, gradients, weights)

    return step_fn


def attack(pipeline, images, labels, positions, step, config):
    """PGD through F(G(x)) at this update's eps; during warm-up its random start alone."""
    strength = attack_strength(step, config)
    is_warmup = step < config.warmup_steps
    eps = config.eps * tf.where(is_warmup, 1.0, strength)
    key = seeds.fold_in(config.seed, seeds.ATTACK_START, step)
    return training_pgd.projected_gradient_descent(
        pipeline,
        images,
        labels,
        eps=eps,
        step_size=config.step_size * strength,
        num_steps=tf.where(is_warmup, 0, config.num_steps),
        start=norms.random_start(images, eps, "Linf", key, positions),
    )


def attack_strength(step, config):
    """Fraction of eps and step_size at this update: 0 before the ramp, 1 after it."""
    since_warmup = tf.cast(step - config.warmup_steps + 1, tf.float32)
    return tf.clip_by_value(since_warmup / float(max(config.ramp_steps, 1)), 0.0, 1.0)


def draw_native(step: int, config) -> int:
    """Which native an update uses: a draw from (seed, step), redone every native_period updates.

    Drawn in Python and not inside the step: one compiled step for each native runs 1.4 times as
    fast on a CPU as one step that holds them all in a `tf.switch_case`.

    Reference: Vaishnavi et al. 2020, section 4; Tramer et al. 2018.
    """
    key = [config.seed, seeds.NATIVE_DRAW, step // config.native_period]
    return int(np.random.default_rng(key).integers(len(config.native)))


def _require_gradient(native):
    if not native.has_gradient:
        raise InputError(
            f"classifier {native.name} gives no gradient, so nothing can be trained against it; "
            "train with another native and use this one as --transfer"
        )
