"""What the adversary of a training remembers from one update to the next.

    state = AttackState(config, image_shape)                     # under the strategy's scope

PGD from a random start remembers nothing. Two things do: free replay keeps the perturbation of
each place in the batch, and the guard against catastrophic overfitting keeps what it has seen and
how often it doubled the steps. All of it is variables, which checkpoints hold, so that a resume is
exact.
"""

import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.training import curriculum


class AttackState(tf.Module):
    """What the adversary remembers.

    Attributes:
        num_doublings: how often the guard has doubled the number of steps.
        best_robust_accuracy: of validation so far; 0 at first.
        accuracy_at_best: training accuracy in that epoch.
        perturbation: (batch_size, H, W, C), of free replay; None without it.
    """

    def __init__(self, config, image_shape):
        """`image_shape`: (H, W, C). To be made under the scope of the strategy."""
        super().__init__()
        self.num_doublings = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.best_robust_accuracy = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self.accuracy_at_best = tf.Variable(0.0, trainable=False, dtype=tf.float64)
        self.perturbation = None
        if config.free_replays > 1:
            # Every device writes its own rows of the global batch and zeros elsewhere; their sum
            # is the whole, on any number of devices.
            self.perturbation = tf.Variable(
                tf.zeros((config.batch_size, *image_shape)),
                trainable=False,
                aggregation=tf.VariableAggregation.SUM,
            )

    def num_steps(self, step, config):
        """Attack steps of update `step`, fall-backs included: int64 scalar.

        Doublings add none beyond config.validation_num_steps, also in a later, longer part of a
        curriculum than the one that they were made in.
        """
        planned = curriculum.planned_num_steps(step, config)
        doubled = planned * tf.bitwise.left_shift(tf.ones((), tf.int64), self.num_doublings)
        return tf.minimum(doubled, tf.maximum(planned, config.validation_num_steps))

    def kept_start(self, images, positions, eps):
        """The images with the perturbations kept at their places in the batch: (n, H, W, C)."""
        kept = images + tf.gather(self.perturbation, positions)
        return norms.project(kept, images, eps, "Linf")

    def watch(self, tape, adversarial_images):
        """Lets `differentiate` ask for the gradient of the images, where free replay needs it."""
        if self.perturbation is not None:
            tape.watch(adversarial_images)

    def differentiate(
        self, tape, loss, weights, adversarial_images, images, positions, strength
    ) -> list:
        """Gradients of the weights; in free replay the same backward pass moves the perturbations.

        Args:
            tape: tf.GradientTape that recorded `loss`.
            loss: scalar.
            weights: list of variables.
            adversarial_images: (n, H, W, C), what the update was made on.
            images: (n, H, W, C), clean.
            positions: (n,), places in the global batch.
            strength: Strength of the update; without steps nothing is kept.

        Returns:
            One gradient for each of `weights`.

        Reference: Shafahi et al. 2019, algorithm 1. Perturbations start at zero and are handed on
        from batch to batch, as there; what is kept here also respects the range of pixels.
        """
        if self.perturbation is None:
            return tape.gradient(loss, weights)
        gradients, ascent = tape.gradient(loss, (weights, adversarial_images))
        direction = norms.steepest_direction(ascent, "Linf")
        moved = adversarial_images + strength.step_size * direction
        moved = norms.project(moved, images, strength.eps, "Linf") - images
        kept = tf.where(strength.num_steps > 0, moved, tf.zeros_like(moved))
        self.perturbation.assign(tf.scatter_nd(positions[:, None], kept, self.perturbation.shape))
        return gradients
