"""Validation after each epoch: the objective and accuracies under PGD at full eps, in float32."""

import numpy as np
import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms, training_pgd
from aaa_tf.sharding import make_batch_map
from aaa_tf.training.objective import make_objective


def make_validation(split, objective_fn, pipelines, config, *, strategy=None):
    """A function that measures the current weights on held-out examples.

    Args:
        split: validation examples; the first config.validation_examples are used.
        objective_fn: (clean_logits, logits, adversarial_images, images, labels) -> loss per
            example (n,), the logits being those of clean and of adversarial images.
        pipelines: logits functions, attacked one after the other; results are their mean.
        config: LoopConfig. The attack has full eps from the first epoch on, validation_num_steps
            steps of 2.5 eps / steps, and the same random starts in every epoch.
        strategy: tf.distribute.Strategy over whose devices the batches are spread; None for one.

    Returns:
        validate() -> {"val_loss", "val_clean_accuracy", "val_robust_accuracy"}, floats.
    """
    split = split.first(config.validation_examples)
    step_size = min(config.eps, 2.5 * config.eps / config.validation_num_steps)
    measures = [
        make_batch_map(_make_measure(objective_fn, pipeline, step_size, config), strategy)
        for pipeline in pipelines
    ]
    batches = _pad_batches(split, min(config.batch_size, len(split)))

    def validate():
        totals = np.zeros(3)
        for measure in measures:
            for sums in measure(batches):
                totals += sums
        loss, clean, robust = totals / (len(split) * len(measures))
        return {"val_loss": loss, "val_clean_accuracy": clean, "val_robust_accuracy": robust}

    return validate


def _pad_batches(split, batch_size):
    """Batches of one size: images, labels, row numbers, and 0 for a row that fills up the last."""
    batches = []
    for first in range(0, len(split), batch_size):
        rows = np.arange(first, min(first + batch_size, len(split)))
        padded = np.resize(rows, batch_size)
        counts = (np.arange(batch_size) < len(rows)).astype(np.float32)
        batches.append((split.images[padded], split.labels[padded], padded, counts))
    return batches


def _make_measure(objective_fn, pipeline, step_size, config):
    def measure(images, labels, index, counts):
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
        values = [loss, is_clean_correct, is_clean_correct & is_correct]
        return tf.stack([tf.reduce_sum(counts * tf.cast(v, tf.float32)) for v in values])

    return measure


def make_aaa_objective(autoencoder, config):
    """The training's objective (equation 3) as validation sees it, on images attacked by PGD."""
    objective = make_objective(config)

    def objective_fn(clean_logits, logits, adversarial_images, images, labels):
        reconstruction = autoencoder(adversarial_images, training=False)
        return objective(reconstruction, logits, clean_logits, images, labels)["loss"]

    return objective_fn


def make_classifier_objective(config):
    """Cross-entropy on the images that a ClassifierConfig trains on, clean or attacked ones."""

    def objective_fn(clean_logits, logits, adversarial_images, images, labels):
        del adversarial_images, images
        return losses.softmax_cross_entropy(logits if config.adversarial else clean_logits, labels)

    return objective_fn
