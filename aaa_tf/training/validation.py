"""Validation after each epoch: the objective and accuracies under PGD at full eps, in float32."""

import numpy as np
import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms, training_pgd


def make_validation(split, objective_fn, pipelines, config):
    """A function that measures the current weights on held-out examples.

    Args:
        split: validation examples; the first config.validation_examples are used.
        objective_fn: (clean_logits, logits, adversarial_images, images, labels) -> loss per
            example (n,), the logits being those of clean and of adversarial images.
        pipelines: logits functions, attacked one after the other; results are their mean.
        config: LoopConfig. The attack has full eps from the first epoch on, validation_num_steps
            steps of 2.5 eps / steps, and the same random starts in every epoch.

    Returns:
        validate() -> {"val_loss", "val_clean_accuracy", "val_robust_accuracy"}, floats.
    """
    split = split.first(config.validation_examples)
    step_size = min(config.eps, 2.5 * config.eps / config.validation_num_steps)
    measures = [
        _compile_measure(objective_fn, pipeline, step_size, config) for pipeline in pipelines
    ]

    def validate():
        totals = np.zeros(3)
        for measure in measures:
            for first in range(0, len(split), config.batch_size):
                rows = np.arange(first, min(first + config.batch_size, len(split)))
                totals += [
                    float(total) for total in measure(split.images[rows], split.labels[rows], rows)
                ]
        loss, clean, robust = totals / (len(split) * len(measures))
        return {"val_loss": loss, "val_clean_accuracy": clean, "val_robust_accuracy": robust}

    return validate


def _compile_measure(objective_fn, pipeline, step_size, config):
    @tf.function(jit_compile=False, reduce_retracing=True)
    def measure(images, labels, index):
        key = seeds.fold_in(config.seed, seeds.EVALUATION_START)
        adversarial_images = training_pgd.projected_gradient_descent(
            pipeline,
            images,
            labels,
            eps=config.eps,
            step_size=step_size,
            num_steps=config.validation_num_steps,
            start=norms.random_start(images, config.eps, "Linf", key, index),
        )
        logits = pipeline(adversarial_images)
        clean_logits = pipeline(images)
        loss = objective_fn(clean_logits, logits, adversarial_images, images, labels)
        is_clean_correct = tf.argmax(clean_logits, axis=1, output_type=tf.int32) == labels
        is_correct = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return (
            tf.reduce_sum(loss),
            tf.reduce_sum(tf.cast(is_clean_correct, tf.float32)),
            tf.reduce_sum(tf.cast(is_clean_correct & is_correct, tf.float32)),
        )

    return measure


def make_aaa_objective(autoencoder, config):
    """The training's objective (equation 3) as validation sees it, on images attacked by PGD."""
    objective = losses.make_objective(config.loss, config.lambda_)

    def objective_fn(clean_logits, logits, adversarial_images, images, labels):
        if config.loss == "trades_mse":
            classification = losses.trades(clean_logits, logits, labels, config.trades_beta)
        else:
            classification = losses.softmax_cross_entropy(logits, labels)
        reconstruction = autoencoder(adversarial_images, training=False)
        return objective(classification, losses.mean_squared_error(reconstruction, images))

    return objective_fn


def classifier_objective(clean_logits, logits, adversarial_images, images, labels):
    """Cross-entropy alone."""
    del clean_logits, adversarial_images, images
    return losses.softmax_cross_entropy(logits, labels)
