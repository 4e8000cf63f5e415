"""Adversarially-trained autoencoder augmentation: one update, equations 2 and 3 of the paper.

    step_fn = make_aaa_step(autoencoder, native, optimizer, config, state)
    metrics = step_fn(images, labels, positions, step)        # under strategy.run

Attack the whole pipeline F(G(x)), reconstruct what the attack found, classify the reconstruction,
take the objective against the CLEAN image, update G. F is never touched, and no gradient of its
weights is computed. The adversary maximises cross-entropy whatever the objective is, with two
exceptions that their authors define so: TRADES' maximises the divergence that it is part of, and
the last step of free replay climbs the objective itself, because one backward pass serves both.

Warm-up is the same step with zero attack steps (the random start is then uniform noise of size
eps) and the squared error alone; the ramp scales eps and step_size linearly up to their values.
"""

import numpy as np
import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.errors import InputError
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.training import adversary
from aaa_tf.training import metrics as metrics_module
from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.objective import make_objective, reads_clean_logits


def make_aaa_step(autoencoder, native, optimizer, config, state=None):
    """One update of the autoencoder against one native, to be run on every replica.

    Args:
        autoencoder: Keras model G, trainable.
        native: FrozenClassifier F.
        optimizer: Keras optimizer built on G's variables.
        config: AAAConfig.
        state: AttackState, one for the steps of all natives; None for one of its own.

    Returns:
        step_fn(images, labels, positions, step) -> dict of scalars, each the replica's share of
        the mean over the global batch (num_gradients: of the sum). images (n, H, W, C) in [0, 1],
        labels (n,) and positions (n,), each example's place in the global batch; step, the number
        of the update, int64.

    Raises:
        InputError: if the native has no gradient.

    Reference: Vaishnavi et al. 2020, equations 2 and 3.
    """
    require_trainable_against(native)
    state = state or AttackState(config, autoencoder.input_shape[1:])
    pipeline = make_defended_logits_fn(autoencoder, native.logits_fn)
    compute_loss = _make_loss(autoencoder, native, config)
    weights = autoencoder.trainable_variables

    def step_fn(images, labels, positions, step):
        strength = adversary.plan_strength(step, config, state)
        adversarial_images = attack(pipeline, images, labels, positions, step, config, state)
        with tf.GradientTape() as tape:
            state.watch(tape, adversarial_images)
            values, logits = compute_loss(adversarial_images, images, labels, step)
            mean_loss = tf.reduce_sum(values["loss"]) / config.batch_size
        gradients = state.differentiate(
            tape, mean_loss, weights, adversarial_images, images, positions, strength
        )
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        is_correct = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return (
            metrics_module.shares(config.batch_size, **values, accuracy=is_correct)
            | adversary.measure_cost(labels, strength, config, gradients_per_update(config))
            | metrics_module.count_non_finite(images, gradients, weights)
        )

    return step_fn


def _make_loss(autoencoder, native, config):
    """Per-example loss, cross-entropy and squared error of attacked images, and their logits."""
    objective = make_objective(config)
    needs_clean = reads_clean_logits(config.loss)

    def compute_loss(adversarial_images, images, labels, step):
        reconstruction = autoencoder(adversarial_images, training=True)
        logits = native.logits_fn(reconstruction)
        clean_logits = native.logits_fn(autoencoder(images, training=True)) if needs_clean else None
        values = objective(reconstruction, logits, clean_logits, images, labels)
        loss = tf.where(step < config.warmup_steps, values["mse"], values["loss"])
        return values | {"loss": loss}, logits

    return compute_loss


def gradients_per_update(config) -> int:
    """Gradients per example of the update itself: TRADES' goes through the clean images too."""
    return 2 if reads_clean_logits(config.loss) else 1


def attack(pipeline, images, labels, positions, step, config, state=None):
    """PGD through F(G(x)) at this update's strength; during warm-up its random start alone.

    Args:
        pipeline: F(G(x)) in inference mode.
        images: (n, H, W, C) in [0, 1].
        labels: (n,) classes.
        positions: (n,), each example's place in the global batch.
        step: number of the update.
        config: AAAConfig.
        state: AttackState; None for an adversary without memory.

    Returns:
        (n, H, W, C), within eps of `images`.
    """
    strength = adversary.plan_strength(step, config, state)
    loss_fn = None
    if config.loss == "trades_mse":
        labels, loss_fn = tf.stop_gradient(pipeline(images)), losses.kl_divergence
    return adversary.find_adversarial_images(
        pipeline, images, labels, positions, step, strength, config, state, loss_fn=loss_fn
    )


def draw_native(step: int, config) -> int:
    """Which native an update uses: a draw from (seed, step), redone every native_period updates.

    Drawn in Python and not inside the step: one compiled step for each native runs 1.4 times as
    fast on a CPU as one step that holds them all in a `tf.switch_case`.

    Reference: Vaishnavi et al. 2020, section 4; Tramer et al. 2018.
    """
    key = [config.seed, seeds.NATIVE_DRAW, step // config.native_period]
    return int(np.random.default_rng(key).integers(len(config.native)))


def require_trainable_against(native) -> None:
    """Raises InputError for a FrozenClassifier that gives no gradient, or not the same twice."""
    native.require_repeatable()
    if not native.has_gradient:
        raise InputError(
            f"classifier {native.name} gives no gradient, so nothing can be trained against it; "
            "train with another native and use this one as --transfer"
        )
