"""Checks that look at a model's outputs and gradients, without an attack.

is_raised, found = MEASURES["zero gradients"](subject)     # whether it is raised, and numbers
"""

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms, objectives
from aaa_tf.attacks.runner import compute_logits, even_batch_size
from aaa_tf.evaluation import check_catalogue as limits

# The change of cross-entropy that counts as none; float32 ends at 1e-38.
_UNDERFLOW = 1e-30
_SURFACE_RADII = (0.25, 0.5, 0.75, 1.0)


def measure_scores(subject):
    """Probabilities, or what still looks like them."""
    logits = subject.logits.astype(np.float64)
    sums = logits.sum(axis=1)
    if logits.min() >= 0 and logits.max() <= 1:
        return True, f"outputs in [0, 1], rows sum to {sums.min():.3g} to {sums.max():.3g}"
    if logits.min() >= 0 and np.ptp(sums) <= 1e-3 * sums.max():
        return True, f"no output is negative and every row sums to {sums.mean():.4g}"
    normalizers = np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1))
    normalizers += logits.max(axis=1)
    if np.abs(normalizers).max() > 1e-2:  # a floor lifts the sum a little
        return False, f"logits from {logits.min():.4g} to {logits.max():.4g}"
    lowest = np.sort(logits, axis=1)
    share = float(np.mean(lowest[:, 1] - lowest[:, 0] < 1e-3))
    found = f"log-probabilities, the smallest two of a row are equal in {share:.1%} of the rows"
    return share > limits.ZERO_SHARE and logits.shape[1] > 2, found


def measure_randomness(subject):
    """Logits of the same images, and of moved ones, from two calls and from other batches."""
    size = even_batch_size(len(subject.images), subject.batch_size)
    # A class that is switched off by a large number has no range of its own.
    spread = float(np.ptp(subject.logits, axis=0).max()) or float(np.ptp(subject.logits)) or 1.0
    between_calls = between_batches = 0.0
    for images in (subject.images, _move_at_random(subject)):
        calls = [compute_logits(subject.logits_fn, images, size) for _ in range(2)]
        other = compute_logits(subject.logits_fn, images, max(1, size // 2))
        between_calls = max(between_calls, _difference(*calls) / spread)
        between_batches = max(between_batches, _difference(calls[0], other) / spread)
    found = (
        f"logits differ by {between_calls:.1e} of their range between calls, "
        f"by {between_batches:.1e} between batches"
    )
    is_raised = between_calls > limits.CALL_TOLERANCE or between_batches > limits.BATCH_TOLERANCE
    return is_raised, found


def _difference(logits, others):
    """The largest difference; answers that are infinite, or NaN, in both calls do not differ."""
    is_same = (logits == others) | (np.isnan(logits) & np.isnan(others))
    differences = np.abs(np.subtract(logits, others, where=~is_same, out=np.zeros_like(logits)))
    return float(np.nan_to_num(differences, nan=np.inf).max())


def _move_at_random(subject):
    """The images off the grid of whole pixels, as an adversary shows them."""
    images = tf.constant(subject.images)
    key = seeds.fold_in(subject.seed, seeds.EVALUATION_START)
    index = tf.range(len(images))
    return norms.random_start(images, subject.eps, subject.norm, key, index).numpy()


def measure_zero_gradients(subject):
    """Share of clean images where a step of eps along the gradient changes nothing."""
    true = np.take_along_axis(subject.logits, subject.labels[:, None], axis=1)[:, 0]
    rivals = true + objectives.margin(tf.constant(subject.logits), subject.labels).numpy()
    resolution = np.finfo(np.float32).eps * np.maximum(np.abs(true), np.abs(rivals))
    shares = {}
    for loss, smallest in (("xent", _UNDERFLOW), ("margin", resolution)):
        gradients = subject.gradients(loss).astype(np.float64).reshape(len(subject.images), -1)
        # The rise of a linear loss over a ball of radius eps: eps times the dual norm.
        dual = np.linalg.norm(gradients, ord=1 if subject.norm == "Linf" else 2, axis=1)
        # NaN is above nothing: where a gradient is not finite there is none to follow.
        shares[loss] = float(np.mean(~(subject.eps * dual > smallest) | np.isinf(dual)))
    found = ", ".join(f"{loss} {share:.1%}" for loss, share in shares.items())
    return max(shares.values()) > limits.ZERO_SHARE, f"images without gradient: {found}"


def measure_surface(subject):
    """Whether the gradient's direction raises the margin further than a random one."""
    images = tf.constant(subject.images)
    key = seeds.fold_in(subject.seed, seeds.EVALUATION_START)
    random = norms.random_direction(images, subject.norm, key, tf.range(len(images)))
    rises = [
        _highest_margin(subject, norms.steepest_direction(direction, subject.norm).numpy())
        for direction in (subject.gradients("margin"), random)
    ]
    share = float(np.mean(~(rises[0] > rises[1])))  # NaN is above nothing
    found = f"for {share:.1%} of the images a random direction is as good"
    return share > limits.MISLED_SHARE, found


def _highest_margin(subject, directions):
    """The largest margin along one direction per image: (N,)."""
    margins = []
    for radius in _SURFACE_RADII:
        points = np.clip(subject.images + radius * subject.eps * directions, 0, 1)
        logits = compute_logits(subject.logits_fn, points.astype(np.float32), subject.batch_size)
        margins.append(objectives.margin(tf.constant(logits), subject.labels).numpy())
    return np.max(margins, axis=0)


MEASURES = {
    "probabilities as logits": measure_scores,
    "randomness": measure_randomness,
    "zero gradients": measure_zero_gradients,
    "loss surface": measure_surface,
}
