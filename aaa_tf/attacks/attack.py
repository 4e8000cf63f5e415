"""What an attack is: a value that holds its parameters and searches in rounds.

    attack = PGD(eps=0.3, step_size=0.01, num_steps=100, num_restarts=10)
    adversarial_images = attack(logits_fn, images, labels)

A round is a restart, or one target class of a targeted attack. `search` is a pure function of
tensors of one fixed shape, compiled once; `runner.run_attacks` feeds it with survivors, round after
round. Randomness comes from (seed, round, row), so which rows survive does not depend on packing;
images of broken rows may, because a batch goes on until all of its rows are broken.
"""

import dataclasses
import hashlib
import pathlib
import sys
from typing import NamedTuple

import numpy as np

from aaa_tf.attacks import norms, runner
from aaa_tf.errors import InputError, require_known


class Found(NamedTuple):
    """What one round of one batch found.

    Attributes:
        images: (N, H, W, C) in [0, 1]; where nothing was found, the best attempt.
        num_gradients: gradients computed per row of the batch, scalar int32.
        num_queries: forward passes without a gradient per row, scalar int32.
        loss_curve: (num_steps,) mean loss at each step, of an attack that shows whether it
            converged; None of any other.
    """

    images: object
    num_gradients: object
    num_queries: object
    loss_curve: object = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attack:
    """Parameters that every attack has; an attack of one's own is a frozen subclass.

        @dataclasses.dataclass(frozen=True, kw_only=True)
        class Corner(Attack):
            def search(self, logits_fn, images, labels, round_index, key, index):
                start = norms.random_start(images, self.eps, self.norm, key, index)
                found = norms.project(tf.round(start), images, self.eps, self.norm)
                return Found(found, num_gradients=0, num_queries=1)

    Attributes:
        eps: radius, in pixels scaled to [0, 1].
        norm: "Linf" or "L2".
        num_restarts: rounds with a random start each.
        seed: seed of all random draws.
    """

    eps: float
    norm: str = "Linf"
    num_restarts: int = 1
    seed: int = 0

    def __init_subclass__(cls):
        """Notes what the class is written in, now: the file may change while it runs."""
        super().__init_subclass__()
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        is_there = file and pathlib.Path(file).is_file()
        digest = hashlib.sha256(pathlib.Path(file).read_bytes()) if is_there else None
        cls._source = digest and digest.hexdigest()

    def __post_init__(self):
        require_known("norm", self.norm, norms.NORMS)
        if not self.eps > 0:
            raise InputError(f"eps of an attack must be above 0, not {self.eps}")
        for name in ("num_restarts", "num_targets", "num_samples"):
            if getattr(self, name, 1) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}")

    @property
    def name(self) -> str:
        """Name in reports."""
        return type(self).__name__

    @property
    def num_rounds(self) -> int:
        """How often `search` may be called for a row that survives."""
        return self.num_restarts

    @property
    def needs_gradient(self) -> bool:
        """Whether the model under attack must be differentiable."""
        return True

    @property
    def minimizes(self) -> bool:
        """Whether it looks for the shortest perturbation, which may be longer than eps."""
        return False

    @property
    def program(self) -> str | None:
        """What tells it from another of the same name and plain parameters; None if nothing does.

        "" for this package's attacks, whose functions (an autoencoder, a code) are taken for parts
        of the model under attack. For one's own the hash of the file that it is written in; None
        for one of a notebook, or with a function or an array among its parameters, and for any
        attack whose loss is a function. Finished rounds are kept for a later call only where this
        is known.
        """
        if type(self).__module__.startswith("aaa_tf."):
            return None if callable(getattr(self, "loss", None)) else ""
        values = (getattr(self, field.name) for field in dataclasses.fields(self))
        is_plain = all(isinstance(value, str | int | float | np.generic | None) for value in values)
        return self._source if is_plain else None

    def require_applicable(self, num_classes: int) -> None:
        """Raises InputError, naming attack and reason, where the model has too few classes."""
        del num_classes

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """One round: tensors of a fixed batch shape in, a `Found` out; must be traceable.

        Args:
            logits_fn: (N, H, W, C) -> float32 logits (N, K).
            images: (N, H, W, C) float32 in [0, 1].
            labels: (N,) int32.
            round_index: scalar int64, 0 to num_rounds - 1.
            key: stateless seed of this round, shape (2,).
            index: (N,) int64, the row of each image in the whole data.
        """
        raise NotImplementedError

    def __call__(self, logits_fn, images, labels, *, batch_size: int = 250) -> np.ndarray:
        """Attacks every image that `logits_fn` classifies correctly.

        Args:
            logits_fn: images -> logits.
            images: (N, H, W, C) float32 in [0, 1].
            labels: (N,) true classes.
            batch_size: images per compiled call.

        Returns:
            (N, H, W, C): adversarial images within eps; where the attack failed, its last attempt;
            where the clean image is misclassified already, the clean image.

        Raises:
            InputError: see `runner.run_attacks`.
        """
        result = runner.run_attacks([self], logits_fn, images, labels, batch_size=batch_size)
        return result.adversarial_images
