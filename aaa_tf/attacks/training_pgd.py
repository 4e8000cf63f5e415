"""The adversary of training: projected gradient descent from CleverHans' single step.

    start = norms.random_start(images, eps, "Linf", key, index)
    adversarial_images = projected_gradient_descent(
        logits_fn, images, labels, eps=0.3, step_size=0.01, num_steps=40, start=start)

The step is `cleverhans.tf2.attacks.fast_gradient_method`, the loop `loops.while_loop`, so that a
compiled caller is traced once whatever the number of steps and its memory does not grow with it.
Against CleverHans' own `projected_gradient_descent`, from the same start: equal bit by bit.
It returns the last iterate; evaluation wants the best one, which is what `pgd` is for.

Pass a `logits_fn` that is built once: CleverHans compiles per callable and keeps every one.
"""

import numpy as np
import tensorflow as tf
from cleverhans.tf2.attacks.fast_gradient_method import fast_gradient_method
from cleverhans.tf2.utils import clip_eta

from aaa_tf.attacks.loops import while_loop


def projected_gradient_descent(
    logits_fn, images, labels, *, eps, step_size, num_steps, start, loss_fn=None
):
    """Images within eps of `images` that maximise the cross-entropy of `logits_fn`.

    Args:
        logits_fn: (N, H, W, C) -> logits (N, classes), differentiable, in inference mode.
        images: (N, H, W, C) float32 in [0, 1].
        labels: (N,) integer true classes, or what `loss_fn` takes as labels.
        eps: Linf radius, in pixel units; number or scalar tensor.
        step_size: length of a step, same unit; number or scalar tensor. It may exceed eps: every
            iterate is brought back into the ball.
        num_steps: gradient steps, number or scalar integer tensor; 0 returns `start`.
        start: (N, H, W, C), first iterate.
        loss_fn: (labels=, logits=) -> (N,), maximised in place of cross-entropy; a function that
            is built once, such as `losses.kl_divergence`.

    Returns:
        The last iterate, (N, H, W, C) float32 in [0, 1], gradients stopped.

    Reference: Madry et al. 2018, section 2.1; equation 2 of Vaishnavi et al. 2020.
    """

    def iterate(i, adversarial_images):
        adversarial_images = fast_gradient_method(
            logits_fn,
            adversarial_images,
            step_size,
            np.inf,
            loss_fn=loss_fn,
            clip_min=0.0,
            clip_max=1.0,
            y=labels,
        )
        perturbation = clip_eta(adversarial_images - images, np.inf, eps)
        return i + 1, tf.clip_by_value(images + perturbation, 0.0, 1.0)

    num_steps = tf.cast(num_steps, tf.int32)
    _, adversarial_images = while_loop(lambda i, _: i < num_steps, iterate, (tf.constant(0), start))
    return tf.stop_gradient(adversarial_images)
