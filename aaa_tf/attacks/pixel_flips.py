"""An attack on a threshold before a classifier, over the binary images that eps can reach.

    attack = PixelFlips(eps=0.3, classifier=logits_fn)          # logits_fn takes binary images
    run_attacks([attack], lambda x: logits_fn(binarize(x)), images, labels)

Behind a threshold only binary images exist. eps decides which of them an adversary can reach: a
pixel further than eps from the threshold keeps its side whatever is done. The search flips the
others, the most promising ones by the classifier's gradient at the binary image first, and keeps a
flip only where a real forward pass says that it helps. Nothing is lost to a substitute's gradient,
as with BPDA (Athalye et al. 2018). An image without a pixel to flip is robust, proven.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.loops import while_loop
from aaa_tf.attacks.objectives import differentiate, margin
from aaa_tf.errors import InputError

# The runner allows eps and 1e-6 more, measured in float32, so a proof must allow that too.
_ROUNDING = 2e-6


def binarize(images, threshold: float = 0.5):
    """1.0 where a pixel is above the threshold, else 0.0; no gradient."""
    return tf.cast(images > threshold, tf.float32)


def has_free_pixel(images, *, eps: float, threshold: float = 0.5) -> np.ndarray:
    """Which images have a pixel that eps can bring to the other side of the threshold.

    Args:
        images: (N, H, W, C) in [0, 1].
        eps: Linf radius.
        threshold: of `binarize`.

    Returns:
        (N,) bool. Where it is False, every image within eps has the same binary image, so the
        classifier behind the threshold cannot change its mind.
    """
    distance = np.abs(np.asarray(images, np.float64) - threshold)
    return (distance <= eps + _ROUNDING).any(axis=(1, 2, 3))


@dataclasses.dataclass(frozen=True, kw_only=True)
class PixelFlips(Attack):
    """Greedy flips on the binary image, guided by the gradient, checked by forward passes.

    A step flips the best few pixels at once; a success doubles their number, a failure halves it.
    A single flip that fails is not tried again before another one has succeeded, so the search ends
    early only where no single flip helps. The first round starts from the image's own binary image,
    later ones from a random choice of the free pixels.

    Attributes:
        classifier: binary images (N, H, W, C) -> logits (N, K), differentiable: what stands behind
            the threshold.
        threshold: of `binarize`.
        num_steps: gradients per round, one more at the start.
    """

    classifier: Callable
    threshold: float = 0.5
    num_steps: int = 200

    def __post_init__(self):
        super().__post_init__()
        if self.norm != "Linf":
            raise InputError(f"PixelFlips knows which pixels eps reaches in Linf, not {self.norm}")
        if self.num_steps < 1:
            raise InputError(f"num_steps must be at least 1, not {self.num_steps}")

    @property
    def needs_gradient(self) -> bool:
        """Not of the model under attack; that of `classifier` is used."""
        return False

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        del logits_fn
        low, high = (norms.project(images + side, images, self.eps, "Linf") for side in (-1, 1))
        clean, is_free = self._binarize(images), self._binarize(low) != self._binarize(high)

        def evaluate(binary):
            values, _, gradients = differentiate(
                lambda _, logits: margin(logits, labels), self.classifier, binary
            )
            return values, gradients

        noise = seeds.uniform_per_example(images.shape[1:], key, index)
        start = tf.where(is_free & (round_index > 0) & (noise < 0), 1 - clean, clean)
        num_free = tf.reduce_sum(tf.cast(is_free, tf.int32), axis=(1, 2, 3))
        state = (start, *evaluate(start), tf.maximum(num_free, 1), ~is_free)

        def is_open(values, is_closed):
            return (values <= 0) & ~tf.reduce_all(is_closed, axis=(1, 2, 3))

        num_steps, (binary, *_) = while_loop(
            lambda i, state: (i < self.num_steps) & tf.reduce_any(is_open(state[1], state[4])),
            lambda i, state: (i + 1, _flip(state, is_free, evaluate)),
            (tf.constant(0), state),
        )
        moved = tf.where(binary > 0, high, low)
        return Found(tf.where(binary == clean, images, moved), num_steps + 1, tf.constant(0))

    def _binarize(self, images):
        return binarize(images, self.threshold)


def _flip(state, is_free, evaluate):
    """One step: (binary images, margins, gradients, number of flips (N,), pixels not to try)."""
    binary, values, gradients, num_flips, is_closed = state
    gain = gradients * (1 - 2 * binary)  # rise of the margin to first order
    flat = tf.reshape(tf.where(is_closed, -float("inf"), gain), (tf.shape(binary)[0], -1))
    order = tf.argsort(flat, axis=1, direction="DESCENDING", stable=True)
    rank = tf.reshape(tf.argsort(order, axis=1), tf.shape(binary))
    # The gradient is blind to curvature, so alone even a pixel without promised gain is tried.
    is_chosen = (rank < norms.per_image(num_flips)) & ((gain > 0) | (rank == 0)) & ~is_closed
    candidates = tf.where(is_chosen, 1 - binary, binary)
    new_values, new_gradients = evaluate(candidates)
    is_better = (new_values > values) & (values <= 0)  # a broken row stays as it is
    num_pixels = tf.shape(flat)[1]
    is_single = tf.reduce_sum(tf.cast(is_chosen, tf.int32), axis=(1, 2, 3)) == 1
    better, single = norms.per_image(is_better), norms.per_image(is_single)
    return (
        tf.where(better, candidates, binary),
        tf.where(is_better, new_values, values),
        tf.where(better, new_gradients, gradients),
        tf.where(is_better, tf.minimum(2 * num_flips, num_pixels), tf.maximum(num_flips // 2, 1)),
        tf.where(better, ~is_free, is_closed | (is_chosen & single)),
    )
