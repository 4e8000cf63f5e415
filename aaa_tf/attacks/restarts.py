"""Several attacks or restarts on one set of images: one flag per image, only ever cleared.

Each restart sees only the survivors, packed into full batches of one fixed shape, so nothing is
traced again, and work falls with the survivors. Random starts belong to (seed, restart, row of
the image), so results do not depend on how rows are packed (up to float32 rounding).
"""

import dataclasses

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import pgd


@dataclasses.dataclass(frozen=True)
class RestartedResult:
    """What is left after all restarts.

    Attributes:
        is_robust: (N,) bool: survived every restart.
        adversarial_images: (N, H, W, C): the image that broke a row, else its last attempt; the
            clean image where there was nothing to attack.
        num_robust_by_restart: how many rows were left after each restart.
        num_gradient_evaluations: images times steps that were differentiated, padding left out.
    """

    is_robust: np.ndarray
    adversarial_images: np.ndarray
    num_robust_by_restart: list
    num_gradient_evaluations: int


def compile_pgd(logits_fn, *, eps, step_size, num_steps, seed):
    """PGD with random start, compiled once for whatever batch shape it is first called with.

    Returns:
        attack(images, labels, index, restart) -> (adversarial images, is_correct (N,) bool).
    """

    @tf.function(jit_compile=False)
    def attack(images, labels, index, restart):
        key = seeds.fold_in(seed, seeds.EVALUATION_START, restart)
        adversarial_images = pgd.projected_gradient_descent(
            logits_fn,
            images,
            labels,
            eps=eps,
            step_size=step_size,
            num_steps=num_steps,
            start=pgd.random_start(images, eps, key, index),
        )
        predictions = tf.argmax(logits_fn(adversarial_images), axis=1, output_type=tf.int32)
        return adversarial_images, predictions == labels

    return attack


def run_restarts(attack, images, labels, is_robust, *, num_restarts, num_steps, batch_size, report):
    """Runs `attack` num_restarts times, each time on the rows that are still robust.

    Args:
        attack: from `compile_pgd`.
        images: (N, H, W, C) float32 in [0, 1].
        labels: (N,) int32.
        is_robust: (N,) bool, the rows to attack (those classified correctly when clean).
        num_restarts: random restarts.
        num_steps: gradient steps of one restart, for the count.
        batch_size: rows per call; fewer rows are padded by repetition.
        report: called with (restart, num_done, num_to_do, num_robust) after each batch.

    Returns:
        A RestartedResult.
    """
    is_robust = np.array(is_robust)
    adversarial_images = np.array(images)
    num_robust_by_restart, num_gradient_evaluations = [], 0
    for restart in range(num_restarts):
        survivors = np.flatnonzero(is_robust)
        for first in range(0, len(survivors), batch_size):
            rows = survivors[first : first + batch_size]
            padded = np.resize(rows, batch_size)
            found, is_correct = attack(
                images[padded], labels[padded], padded.astype(np.int64), np.int64(restart)
            )
            adversarial_images[rows] = found.numpy()[: len(rows)]
            is_robust[rows] = is_correct.numpy()[: len(rows)]
            num_gradient_evaluations += len(rows) * num_steps
            report(restart, first + len(rows), len(survivors), int(is_robust.sum()))
        num_robust_by_restart.append(int(is_robust.sum()))
    return RestartedResult(
        is_robust, adversarial_images, num_robust_by_restart, num_gradient_evaluations
    )
