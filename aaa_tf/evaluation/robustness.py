"""Clean and robust accuracy: correct on the clean image and under every restart of the attack.

    result = evaluate_robustness(logits_fn, dataset.test.first(1000), EvalConfig(eps=0.3))
    result.robust_accuracy

The adversary differentiates whatever `logits_fn` is: hand it the whole pipeline F(G(x)). Accuracy
counts examples; every adversarial image is verified independently before it counts.
"""

import dataclasses
import time

import numpy as np

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import compute_logits, run_attacks
from aaa_tf.attacks.verify import verify_adversarial_images


@dataclasses.dataclass(frozen=True)
class RobustnessResult:
    """Counts over all evaluated examples, and the images that the attack arrived at.

    Attributes:
        num_examples: examples evaluated.
        num_correct: of these, classified correctly when clean.
        num_robust: of these, classified correctly under every restart too.
        num_robust_by_restart: what num_robust was after each restart.
        num_gradient_evaluations: example gradients that the attack computed, padding included.
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
        InputError: if the attack does not apply to the model; see `runner.run_attacks`.
        ValueError: if an adversarial image is outside the threat model (a bug in the attack).
    """
    split = split.first(config.num_examples)
    started = time.monotonic()
    attack = PGD(
        eps=config.eps,
        step_size=config.step_size,
        num_steps=config.num_steps,
        num_restarts=config.num_restarts,
        seed=config.seed,
    )

    def report_batch(name, round_index, num_rounds, num_robust):
        report(
            f"{name}, restart {round_index + 1} of {num_rounds}: accuracy so far at most "
            f"{num_robust / len(split):.2%}, {time.monotonic() - started:.0f} s"
        )

    found = run_attacks(
        [attack],
        logits_fn,
        split.images,
        split.labels,
        batch_size=config.batch_size,
        report=report_batch,
    )
    verify_adversarial_images(split.images, found.adversarial_images, config.eps)
    return RobustnessResult(
        num_examples=len(split),
        num_correct=int(found.is_correct.sum()),
        num_robust=int(found.is_robust.sum()),
        num_robust_by_restart=found.num_robust[attack.name],
        num_gradient_evaluations=found.num_gradients[attack.name],
        seconds=time.monotonic() - started,
        is_robust=found.is_robust,
        adversarial_images=found.adversarial_images,
    )


def predict(logits_fn, images, batch_size: int) -> np.ndarray:
    """Predicted classes (N,), computed batch by batch."""
    return compute_logits(logits_fn, images, batch_size).argmax(axis=1)
