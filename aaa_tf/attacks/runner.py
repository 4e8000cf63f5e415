"""Runs attacks one after the other on survivors: one flag per image, only ever cleared.

    result = run_attacks(autoattack.standard(eps=0.3), logits_fn, images, labels)
    result.is_robust.mean()

Each round of each attack sees the rows that are still robust, packed into batches of one shape an
attack, so nothing is traced twice and work falls with the survivors. With a strategy, its devices
take a batch each; flags and costs do not change. A success is decided here and nowhere else:
misclassified (or answered with NaN), finite, in range, and within eps.
"""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms
from aaa_tf.differentiability import is_differentiable, with_finite_gradients
from aaa_tf.errors import InputError
from aaa_tf.sharding import make_batch_map

# Rounding of float32 when a perturbation of length eps is added to a pixel and subtracted again.
_ROUNDING = 1e-6
NO_GRADIENT = (
    "needs a gradient and the model gives none; use Square, SPSA or a transfer, or give its front "
    "end a gradient with make_bpda"
)
"""What is wrong with an attack that follows gradients on a model without."""


@dataclasses.dataclass
class AttackResult:
    """Flags, images and cost after some attacks.

    Attributes:
        is_correct: (N,) bool: classified correctly when clean.
        is_robust: (N,) bool: correct when clean and under everything so far.
        adversarial_images: (N, H, W, C): the image that broke a row, else the last attempt on it;
            the clean image where nothing was attacked.
        broken_by: (N,) str: name of the attack that broke a row, "" where none did.
        num_robust: attack name -> number of robust rows after each of its rounds.
        num_gradients: attack name -> example gradients computed, padding included.
        num_queries: attack name -> example forward passes without gradient, padding included.
        loss_curves: attack name -> mean loss at each step of its first round, of attacks that show
            whether they converged.
    """

    is_correct: np.ndarray
    is_robust: np.ndarray
    adversarial_images: np.ndarray
    broken_by: np.ndarray
    num_robust: dict
    num_gradients: dict
    num_queries: dict
    loss_curves: dict


def run_attacks(
    attacks,
    logits_fn,
    images,
    labels,
    *,
    batch_size: int = 250,
    strategy=None,
    report=None,
    resume_from: AttackResult | None = None,
    on_round=None,
) -> AttackResult:
    """Attacks images with several attacks in turn.

    Args:
        attacks: list of Attack, all of one norm and eps.
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K), differentiable unless
            every attack is gradient-free.
        images: (N, H, W, C).
        labels: (N,).
        batch_size: rows per compiled call, on each device.
        strategy: tf.distribute.Strategy over whose devices batches are spread; None for one.
        report: called with (attack name, share of its rounds that is done, robust rows) after each
            batch.
        resume_from: what an earlier call with the same arguments handed to `on_round`; its rounds
            are not repeated. It is changed in place.
        on_round: called with the AttackResult after each round.

    Returns:
        An AttackResult.

    Raises:
        InputError: images outside [0, 1], logits that are not finite or are probabilities, labels
            out of range, attacks of several threat models, or one that does not apply to the model.

    Warns of an attack whose images are outside the threat model, though it minimises nothing.
    """
    images, labels = np.asarray(images, np.float32), np.asarray(labels, np.int32)
    if not len(images) == len(labels) > 0:
        raise InputError(f"{len(images)} images and {len(labels)} labels; needed: as many, not 0")
    if images.ndim != 4 or not ((images >= 0) & (images <= 1)).all():  # NaN is in no range
        raise InputError(
            "images must be (N, height, width, channels), finite and in [0, 1]; no other can be "
            "attacked within eps"
        )
    if labels.ndim != 1:
        raise InputError(f"labels have shape {labels.shape}; needed: one class number per image")
    require_one_threat(attacks, "the attacks")
    whole = even_batch_size(len(images), batch_size)
    result = resume_from or _start(attacks, logits_fn, images, labels, whole, strategy)
    for attack in attacks:
        search = make_batch_map(_make_search(attack, logits_fn), strategy)
        _run(
            attack, search, images, labels, _fit_batch(attack, result, batch_size), result,
            report or _say_nothing, on_round or _say_nothing,
        )  # fmt: skip
    return result


def require_one_threat(attacks, they: str) -> None:
    """Raises InputError unless `attacks` are Attacks, one at least, none twice, of one threat."""
    if hasattr(attacks, "search"):
        raise InputError(f"needed: a list of attacks, such as [{attacks.name}]")
    for attack in attacks:
        if not hasattr(attack, "search"):
            raise InputError(
                f"{attack!r} is no attack; needed: PGD(...), another of aaa_tf.attacks, a subclass "
                "of Attack, or attack_from_function(...)"
            )
    if len({(attack.norm, attack.eps) for attack in attacks}) != 1:
        raise InputError(f"{they} differ in norm or eps, or are none")
    names = [attack.name for attack in attacks]
    if len(set(names)) < len(names):
        raise InputError(f"an attack is listed twice: {', '.join(names)}")


def even_batch_size(size: int, limit: int) -> int:
    """The largest batch of at most `limit` into which `size` rows divide almost evenly."""
    num_batches = max(1, -(-size // limit))
    return max(1, -(-size // num_batches))


def _fit_batch(attack, result, limit):
    """The batch of all rounds of an attack: even for the rows that it meets in its first.

    A resumed attack has broken some of them already; they count, so its batches stay the same.
    """
    is_met = result.is_robust | (result.broken_by == attack.name)
    return even_batch_size(int(is_met.sum()), limit)


def compute_logits(logits_fn, images, batch_size: int, strategy=None) -> np.ndarray:
    """Logits (N, K) batch by batch, the last one padded to the same shape."""
    compute = make_batch_map(lambda part: tf.cast(logits_fn(part), tf.float32), strategy)
    rows = _cut(np.arange(len(images)), batch_size)
    parts = compute([(images[np.resize(part, batch_size)],) for part in rows])
    return np.concatenate([logits[: len(part)] for part, logits in zip(rows, parts, strict=True)])


def require_sound(logits, labels, images_are: str = "clean images") -> None:
    """Raises InputError unless logits (N, K) are finite and have a class for each label (N,)."""
    if logits.ndim != 2 or not np.isfinite(logits).all():
        raise InputError(f"the model returns NaN or infinity (or no row of logits) on {images_are}")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise InputError(
            f"labels go from {labels.min()} to {labels.max()}, the model has {logits.shape[1]} "
            "classes; use the data set that it was trained for"
        )


def _cut(rows, batch_size):
    """Rows in parts of batch_size, the last one shorter."""
    return [rows[first : first + batch_size] for first in range(0, len(rows), batch_size)]


def _start(attacks, logits_fn, images, labels, batch_size, strategy):
    """Checks model and labels, and marks what is classified correctly."""
    logits = compute_logits(logits_fn, images, batch_size, strategy)
    require_sound(logits, labels)
    if logits.min() >= 0 and logits.max() <= 1 and np.allclose(logits.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            "the model returns probabilities; attack its logits (load_classifier takes the softmax "
            "off), because gradients of saturated probabilities vanish"
        )
    _require_applicable(attacks, logits_fn, logits.shape[1], images[:1])
    is_correct = logits.argmax(axis=1) == labels
    return AttackResult(
        is_correct,
        is_correct.copy(),
        images.copy(),
        np.full(len(images), "", object),
        {},
        {},
        {},
        {},
    )


def _require_applicable(attacks, logits_fn, num_classes, images):
    for attack in attacks:
        attack.require_applicable(num_classes)
        if attack.needs_gradient and not is_differentiable(logits_fn, tf.constant(images)):
            raise InputError(f"{attack.name} {NO_GRADIENT}")


def _run(attack, search, images, labels, batch_size, result, report, on_round):
    num_robust = result.num_robust.setdefault(attack.name, [])
    result.num_gradients.setdefault(attack.name, 0)
    result.num_queries.setdefault(attack.name, 0)
    num_outside = 0
    for round_index in range(len(num_robust), attack.num_rounds):
        curves, num_done = [], 0
        parts = _cut(np.flatnonzero(result.is_robust), batch_size)
        num_rows = sum(map(len, parts))
        batches = [
            (images[rows], labels[rows], np.int64(round_index), rows)
            for rows in (np.resize(part, batch_size).astype(np.int64) for part in parts)
        ]
        for rows, found in zip(parts, search(batches), strict=True):
            num_outside += _note(result, attack, rows, found, batch_size)
            curves += [found["loss_curve"]] if "loss_curve" in found else []
            num_done += len(rows)
            share = (round_index + num_done / num_rows) / attack.num_rounds
            report(attack.name, share, int(result.is_robust.sum()))
        num_robust.append(int(result.is_robust.sum()))
        if curves and round_index == 0:
            result.loss_curves[attack.name] = np.mean(curves, axis=0).tolist()
        on_round(result)
    if num_outside and not attack.minimizes:
        warnings.warn(
            f"{num_outside} attempts of {attack.name} are further than eps {attack.eps:g} from the "
            "clean image, out of [0, 1] or not finite: they break nothing",
            stacklevel=3,
        )


def _note(result, attack, rows, found, batch_size):
    """Enters what a batch found for its rows; what lies beyond them is padding.

    An image outside the threat model, as minimising attacks find them, is no adversarial image;
    returns how many there are.
    """
    is_allowed = found["is_allowed"][: len(rows)] > 0
    result.adversarial_images[rows[is_allowed]] = found["images"][: len(rows)][is_allowed]
    broken = rows[found["is_broken"][: len(rows)] > 0]
    result.is_robust[broken] = False
    result.broken_by[broken] = attack.name
    result.num_gradients[attack.name] += batch_size * int(found["num_gradients"])
    result.num_queries[attack.name] += batch_size * int(found["num_queries"])
    return int(np.sum(~is_allowed))


def _make_search(attack, logits_fn):
    """One round of one batch: what was found, what of it is allowed, what it breaks (1, else 0)."""
    finite_fn = with_finite_gradients(logits_fn)

    def search(images, labels, round_index, index):
        key = seeds.fold_in(attack.seed, seeds.EVALUATION_START, round_index)
        found = attack.search(finite_fn, images, labels, round_index, key, index)
        logits = logits_fn(found.images)
        predictions = tf.argmax(logits, axis=1, output_type=tf.int32)
        # A row without a number names no class.
        is_wrong = (predictions != labels) | tf.reduce_any(tf.math.is_nan(logits), axis=1)
        is_finite = tf.reduce_all(tf.math.is_finite(found.images), axis=(1, 2, 3))
        is_in_range = tf.reduce_all((found.images >= 0) & (found.images <= 1), axis=(1, 2, 3))
        distance = norms.length(found.images - images, attack.norm)
        is_allowed = is_finite & is_in_range & (distance <= attack.eps + _ROUNDING)
        flags = {"is_allowed": is_allowed, "is_broken": is_wrong & is_allowed}
        parts = found._asdict() | flags
        return {name: tf.cast(part, tf.float32) for name, part in parts.items() if part is not None}

    return search


def _say_nothing(*progress):
    del progress
