"""What a check looks at: a model, the images that it gets right, a threat model, and attacks on it.

subject.is_broken([subject.pgd(subject.eps, 50)])          # (N,) bool
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.evaluation.check_catalogue import WHITE_BOX_STEPS
from aaa_tf.evaluation.gradients import compute_gradients


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is checked: a model, the images that it classifies correctly, and a threat model.

    Attributes:
        logits_fn: images -> logits.
        images: (N, H, W, C), all classified correctly.
        labels: (N,).
        logits: (N, K), those of the images.
        eps: radius.
        norm: "Linf" or "L2".
        seed: seed of all random draws.
        batch_size: images per compiled call.
        transfer_source: images -> logits of another model, or None.
    """

    logits_fn: Callable
    images: np.ndarray
    labels: np.ndarray
    logits: np.ndarray
    eps: float
    norm: str
    seed: int
    batch_size: int
    transfer_source: Callable | None

    def is_broken(self, attacks) -> np.ndarray:
        """(N,) bool: which images at least one of the attacks breaks."""
        result = run_attacks(
            attacks, self.logits_fn, self.images, self.labels, batch_size=self.batch_size
        )
        return result.is_correct & ~result.is_robust

    @property
    def unbounded_eps(self) -> float:
        """The radius within which every image lies: 1 in Linf, the diagonal of the box in L2."""
        return 1.0 if self.norm == "Linf" else float(np.sqrt(np.prod(self.images.shape[1:])))

    def gradients(self, loss) -> np.ndarray:
        """Input gradients of a loss, see `gradients.compute_gradients`."""
        return compute_gradients(
            self.logits_fn, self.images, self.labels, loss, batch_size=self.batch_size
        )

    def pgd(self, eps, num_steps, loss="xent") -> PGD:
        """PGD with steps of 2.5 eps / num_steps, which reach every point of the ball."""
        return PGD(eps=eps, norm=self.norm, step_size=2.5 * eps / num_steps, num_steps=num_steps,
                   loss=loss, seed=self.seed)  # fmt: skip

    def white_box(self) -> list:
        """APGD on both losses: what an attack without gradients must not beat."""
        shared = dict(eps=self.eps, norm=self.norm, seed=self.seed)
        return [APGD(**shared, num_steps=WHITE_BOX_STEPS, loss=loss) for loss in ("xent", "margin")]
