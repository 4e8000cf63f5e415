"""Clean and robust accuracy: correct on the clean image and under every restart of the attack.

    result = evaluate_robustness(logits_fn, dataset.test.first(1000), EvalConfig(eps=0.3))
    result.robust_accuracy

The adversary differentiates whatever `logits_fn` is: hand it the whole pipeline F(G(x)). Accuracy
counts examples; every adversarial image is verified independently before it counts.
"""

import dataclasses
import time

import numpy as np
import tensorflow as tf

from aaa_tf.attacks import restarts
from aaa_tf.attacks.verify import verify_adversarial_images


@dataclasses.dataclass(frozen=True)
class RobustnessResult:
    """Counts over all evaluated examples, and the images that the attack arrived at.

    Attributes:
        num_examples: examples evaluated.
        num_correct: of these, classified correctly when clean.
        num_robust: of these, classified correctly under every restart too.
        num_robust_by_restart: what num_robust was after each restart.
        num_gradient_evaluations: example gradients that the attack computed.
        seconds: wall time of the attack.
        is_robust: (N,) bool.
        adversarial_images: (N, H, W, C).
    """

    num_examples: int
    num_correct: int
    num_robust: int
    num_robust_by_restart: list
    num_gradient_evaluations: int
    seconds: float
    is_robust: np.ndarray
    adversarial_images: np.ndarray

    @property
    def clean_accuracy(self) -> float:
        """num_correct / num_examples."""
        return self.num_correct / self.num_examples

    @property
    def robust_accuracy(self) -> float:
        """num_robust / num_examples."""
        return self.num_robust / self.num_examples

    def to_dict(self) -> dict:
        """Everything but the per-example arrays, as JSON types, accuracies included."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in ("is_robust", "adversarial_images")
        }
        return values | {
            "clean_accuracy": self.clean_accuracy,
            "robust_accuracy": self.robust_accuracy,
        }


def evaluate_robustness(logits_fn, split, config, *, report=lambda line: None) -> RobustnessResult:
    """Measures a classifier or a whole pipeline against PGD with random restarts.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, classes), differentiable.
        split: Split of test data; its first config.num_examples are used (0: all).
        config: EvalConfig.
        report: called with a line of progress now and then.

    Returns:
        A RobustnessResult.

    Raises:
        ValueError: if an adversarial image is outside the threat model (a bug in the attack).
    """
    split = split.first(config.num_examples)
    started = time.monotonic()
    is_correct = predict(logits_fn, split.images, config.batch_size) == split.labels
    attack = restarts.compile_pgd(
        logits_fn,
        eps=config.eps,
        step_size=config.step_size,
        num_steps=config.num_steps,
        seed=config.seed,
    )

    def report_batch(restart, num_done, num_to_do, num_robust):
        seconds = time.monotonic() - started
        report(
            f"restart {restart + 1} of {config.num_restarts}: {num_done} of {num_to_do} images, "
            f"accuracy so far at most {num_robust / len(split):.2%}, {seconds:.0f} s"
        )

    found = restarts.run_restarts(
        attack,
        split.images,
        split.labels,
        is_correct,
        num_restarts=config.num_restarts,
        num_steps=config.num_steps,
        batch_size=_even_batch_size(len(split), config.batch_size),
        report=report_batch,
    )
    verify_adversarial_images(split.images, found.adversarial_images, config.eps)
    return RobustnessResult(
        num_examples=len(split),
        num_correct=int(is_correct.sum()),
        num_robust=int(found.is_robust.sum()),
        num_robust_by_restart=found.num_robust_by_restart,
        num_gradient_evaluations=found.num_gradient_evaluations,
        seconds=time.monotonic() - started,
        is_robust=found.is_robust,
        adversarial_images=found.adversarial_images,
    )


def _even_batch_size(size, limit):
    """The largest batch of at most `limit` into which `size` rows divide almost evenly."""
    num_batches = -(-size // limit)
    return -(-size // num_batches)


def predict(logits_fn, images, batch_size: int) -> np.ndarray:
    """Predicted classes (N,) int32, computed batch by batch."""
    compiled = tf.function(
        lambda batch: tf.argmax(logits_fn(batch), axis=1, output_type=tf.int32),
        jit_compile=False,
        reduce_retracing=True,
    )
    parts = [
        compiled(tf.constant(images[first : first + batch_size])).numpy()
        for first in range(0, len(images), batch_size)
    ]
    return np.concatenate(parts)
