"""Training of a classifier: natural, or adversarial after Madry et al. 2018 (equation 1)."""

import tensorflow as tf

from aaa_tf import losses
from aaa_tf.training import adversary
from aaa_tf.training import metrics as metrics_module
from aaa_tf.training.attack_state import AttackState


def make_classifier_step(model, optimizer, config, state=None):
    """One update of a classifier, to be run on every replica.

    Args:
        model: Keras classifier, images -> logits.
        optimizer: Keras optimizer built on its variables.
        config: ClassifierConfig; with `adversarial`, PGD images replace the clean ones.
        state: AttackState; None for one of its own.

    Returns:
        step_fn(images, labels, positions, step) -> dict of scalars, as in `aaa.make_aaa_step`.

    Reference: Madry et al. 2018, equation 2.1; equation 1 of Vaishnavi et al. 2020.
    """
    state = state or AttackState(config, model.input_shape[1:])
    weights = model.trainable_variables

    def logits_fn(images):
        return tf.cast(model(images, training=False), tf.float32)

    def step_fn(images, labels, positions, step):
        strength = adversary.plan_strength(step, config, state)
        inputs = images
        if config.adversarial:
            inputs = adversary.find_adversarial_images(
                logits_fn, images, labels, positions, step, strength, config, state
            )
        else:
            strength = strength._replace(num_steps=tf.zeros((), tf.int64))
        with tf.GradientTape() as tape:
            state.watch(tape, inputs)
            logits = model(inputs, training=True)
            xent = losses.softmax_cross_entropy(logits, labels)
            mean_loss = tf.reduce_sum(xent) / config.batch_size
        gradients = state.differentiate(
            tape, mean_loss, weights, inputs, images, positions, strength
        )
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        is_correct = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        return (
            metrics_module.shares(config.batch_size, loss=xent, accuracy=is_correct)
            | adversary.measure_cost(labels, strength, config)
            | metrics_module.count_non_finite(images, gradients, weights)
        )

    return step_fn
