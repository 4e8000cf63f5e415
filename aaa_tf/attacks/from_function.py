"""An attack from any program, such as another library's or one that is not TensorFlow.

    attack = attack_from_function(my_attack, name="mine", eps=0.1)
    result = run_attacks([attack], logits_fn, images, labels)

It is judged like our own: what it returns counts where it is misclassified, in [0, 1] and within
eps. An attack that is written in TensorFlow is faster as a subclass of `Attack`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from aaa_tf.attacks.attack import Attack, Found


@dataclasses.dataclass(frozen=True, kw_only=True)
class FunctionAttack(Attack):
    """Calls a function in Python; its rounds are not kept for a later call.

    Attributes:
        function: (logits_fn, images, labels) -> images, all but the first NumPy arrays.
        title: what reports call it.
        follows_gradients: whether it needs a model with a gradient.
        minimizes_length: whether it looks for the shortest perturbation, longer than eps or not.
    """

    function: Callable
    title: str
    follows_gradients: bool = True
    minimizes_length: bool = False

    @property
    def name(self) -> str:
        """Name in reports."""
        return self.title

    @property
    def needs_gradient(self) -> bool:
        """Implements `Attack.needs_gradient`."""
        return self.follows_gradients

    @property
    def minimizes(self) -> bool:
        """Implements `Attack.minimizes`."""
        return self.minimizes_length

    @property
    def program(self) -> None:
        """Implements `Attack.program`: a function can be anything."""
        return

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`; gradients and queries are not counted."""

        def call(images, labels):
            # Copies, because TensorFlow hands over its own arrays, and some attacks write to them.
            found = self.function(logits_fn, images.copy(), labels.copy())
            found = np.asarray(found, np.float32)
            if found.shape != images.shape:
                raise ValueError(
                    f"attack {self.title} returns {found.shape} for images {images.shape}"
                )
            return found

        found = tf.numpy_function(call, [images, labels], tf.float32, stateful=True)
        return Found(tf.ensure_shape(found, images.shape), tf.constant(0), tf.constant(0))


def attack_from_function(
    function,
    *,
    name: str,
    eps: float,
    norm: str = "Linf",
    num_restarts: int = 1,
    needs_gradient: bool = True,
    minimizes: bool = False,
) -> FunctionAttack:
    """An Attack that calls `function(logits_fn, images, labels) -> images` batch by batch.

    Args:
        function: takes a function from images to logits (float32 tensors, differentiable where the
            model is), images (N, H, W, C) float32 in [0, 1] and labels (N,) int32, both NumPy
            arrays; returns the adversarial images, of the same shape. A batch is filled up with
            repeated rows.
        name: what reports call it.
        eps: radius, in pixels scaled to [0, 1].
        norm: "Linf" or "L2".
        num_restarts: how often it is called for images that survive.
        needs_gradient: whether it is refused before a model without.
        minimizes: whether images beyond eps are to be expected of it, and no reason to warn.

    Raises:
        InputError: eps that is not above 0, an unknown norm. What the function raises comes out of
            TensorFlow, as a tf.errors.OpError that quotes it.
    """
    return FunctionAttack(
        eps=eps,
        norm=norm,
        num_restarts=num_restarts,
        function=function,
        title=name,
        follows_gradients=needs_gradient,
        minimizes_length=minimizes,
    )
