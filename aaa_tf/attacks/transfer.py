"""Adversaries that differentiate something else than what they attack.

Transfer(attack, source)   images made on another classifier, or on the same one without its defence
                           (the oblivious adversary), shown to the model under test
make_bpda(front_end)       a front end without a useful gradient, given one (Athalye et al. 2018):
                           forward as it is, backward as a substitute, by default the identity
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.pgd import PGD
from aaa_tf.differentiability import with_finite_gradients
from aaa_tf.errors import InputError
from aaa_tf.python_functions import in_graphs


@dataclasses.dataclass(frozen=True)
class Transfer:
    """An attack that searches on `source` and is judged on the model it is run against.

    Attributes:
        attack: PGD, APGD or one derived from them. It runs to its last step: what has just crossed
            the source's boundary is far from the target's.
        source: images -> logits, the function that it sees.
        source_name: what reports call the source.
    """

    attack: Attack
    source: Callable
    source_name: str = "source"

    def __post_init__(self):
        if not isinstance(self.attack, PGD | APGD):
            raise InputError(f"{self.attack.name} cannot be transferred; take PGD or APGD")
        attack = dataclasses.replace(self.attack, stops_early=False)
        object.__setattr__(self, "attack", attack)

    @property
    def name(self) -> str:
        """Name in reports."""
        return f"{self.attack.name} from {self.source_name}"

    @property
    def needs_gradient(self) -> bool:
        """Not of the model under attack; the source is the attack's own affair."""
        return False

    def __getattr__(self, name):
        """Everything else (eps, norm, seed, num_rounds, require_applicable) is the attack's."""
        return getattr(self.attack, name)

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search` on the source."""
        del logits_fn
        source = with_finite_gradients(self.source)
        return self.attack.search(source, images, labels, round_index, key, index)


def make_bpda(front_end, substitute=tf.identity):
    """A differentiable stand-in for a front end that has no useful gradient.

    Args:
        front_end: (N, H, W, C) -> (N, H, W, C), differentiable or not, in TensorFlow or not.
        substitute: a differentiable function close to it, whose gradient is used.

    Returns:
        A function that computes `front_end` and differentiates as `substitute`.
    """
    # AutoGraph does not reach what stands under a custom gradient.
    answer = in_graphs(front_end, autograph=False)

    @tf.custom_gradient
    def straight_through(images):
        def gradient(upstream, variables=()):
            with tf.GradientTape() as tape:
                tape.watch(images)
                close = substitute(images)
            slope = tape.gradient(close, images, output_gradients=upstream)
            # Weights that the front end reads: attacks ask for no gradient of them.
            return (slope, [None] * len(variables)) if variables else slope

        return answer(images), gradient

    return straight_through
