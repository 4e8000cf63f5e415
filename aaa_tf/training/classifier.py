"""Training of a classifier: natural, or adversarial after Madry et al. 2018 (equation 1)."""

import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms, training_pgd
from aaa_tf.training import metrics as metrics_module


def make_classifier_step(model, optimizer, config):
    """One update of a classifier, to be run on every replica.

    Args:
        model: Keras classifier, images -> logits.
        optimizer: Keras optimizer built on its variables.
        config: ClassifierConfig; with `adversarial`, PGD images replace the clean ones.

    Returns:
        step_fn(images, labels, positions, step) -> dict of scalars, as in `aaa.make_aaa_step`.

    Reference: Madry et al. 2018, equation 2.1; equation 1 of Vaishnavi et al. 2020.
    """

    def logits_fn(images):
        return tf.cast(model(images, training=False), tf.float32)

    def attack(images, labels, positions, step):
        key = seeds.fold_in(config.seed, seeds.ATTACK_START, step)
        return training_pgd.projected_gradient_descent(
            logits_fn,
            images,
            labels,
            eps=config.eps,
            step_size=config.step_size,
            num_steps=config.num_steps,
            start=norms.random_start(images, config.eps, "Linf", key, positions),
        )

    def step_fn(images, labels, positions, step):
        if config.adversarial:
            images = attack(images, labels, positions, step)
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            xent = losses.softmax_cross_entropy(logits, labels)
            mean_loss = tf.reduce_sum(xent) / config.batch_size
        gradients = tape.gradient(mean_loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        is_correct = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return metrics_module.shares(
            config.batch_size, loss=xent, accuracy=is_correct
        ) | metrics_module.count_non_finite(images, gradients, model.trainable_variables)

    return step_fn
