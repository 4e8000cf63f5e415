"""The paper's adaptive attacks on the autoencoder itself (Vaishnavi et al. 2020, supplement).

    ReconstructionPGD(eps=0.3, step_size=0.01, autoencoder=autoencoder)                  # mse alone
    ReconstructionPGD(eps=0.3, step_size=0.01, autoencoder=autoencoder, xent_weight=1.0) # and xent
    LatentPGD(eps=0.3, step_size=0.01, encode=make_encode(autoencoder), guides=(images, labels))

The first pushes G's output away from the clean image; the second moves G's code, within eps,
towards the code of an image of another class (after the overpowered attack of Jalal et al. 2017).
Success is still decided by the classifier behind G.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks.attack import Found
from aaa_tf.attacks.objectives import xent
from aaa_tf.attacks.pgd import PGD
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReconstructionPGD(PGD):
    """PGD that maximises the squared error between G(x') and the clean x.

    Attributes:
        autoencoder: images -> purified images.
        xent_weight: weight of cross-entropy beside the squared error averaged over pixels.
    """

    autoencoder: Callable
    xent_weight: float = 0.0

    @property
    def name(self) -> str:
        """Name in reports."""
        return f"PGD-{self.num_steps}-mse{'+xent' if self.xent_weight else ''}"

    def make_objective(self, images, labels):
        """Implements `PGD.make_objective`."""

        def objective(points, logits):
            error = tf.square(self.autoencoder(points) - images)
            # Cross-entropy also keeps the gradient of the logits defined at weight 0.
            return tf.reduce_mean(error, axis=(1, 2, 3)) + self.xent_weight * xent(logits, labels)

        return objective


@dataclasses.dataclass(frozen=True, kw_only=True)
class LatentPGD(PGD):
    """PGD that moves the code of an image towards the code of an image of another class.

    Attributes:
        encode: images -> list of code tensors, each (N, ...).
        guides: (images, labels) to take targets from; each round draws another one per example.
    """

    encode: Callable
    guides: Any

    def __post_init__(self):
        super().__post_init__()
        if len(set(map(int, self.guides[1]))) < 2:
            raise InputError("the guides of a latent attack must hold at least two classes")

    @property
    def name(self) -> str:
        """Name in reports."""
        return f"latent-PGD-{self.num_steps}"

    @property
    def program(self) -> str:
        """Implements `Attack.program`: other guides make another attack of it."""
        parts = [np.asarray(part).tobytes() for part in self.guides]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        guide_images = tf.convert_to_tensor(self.guides[0], tf.float32)
        guide_labels = tf.convert_to_tensor(self.guides[1], tf.int32)
        noise = seeds.uniform_per_example(guide_labels.shape, seeds.fold_key(key, 2), index)
        is_same = guide_labels[None] == labels[:, None]
        chosen = tf.argmax(tf.where(is_same, -2.0, noise), axis=1)
        attack = _CodePGD(**_pgd_fields(self), encode=self.encode,
                          target=self.encode(tf.gather(guide_images, chosen)))  # fmt: skip
        return attack.search(logits_fn, images, labels, round_index, key, index)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _CodePGD(PGD):
    """PGD towards fixed codes, one per row of the batch."""

    encode: Callable
    target: Any

    def make_objective(self, images, labels):
        del images, labels

        def objective(points, logits):
            distances = [
                tf.reduce_mean(tf.square(code - target), axis=tuple(range(1, code.shape.rank)))
                for code, target in zip(self.encode(points), self.target, strict=True)
            ]
            return -tf.add_n(distances) + 0.0 * tf.reduce_sum(logits, axis=1)

        return objective


def _pgd_fields(attack):
    return {field.name: getattr(attack, field.name) for field in dataclasses.fields(PGD)}
