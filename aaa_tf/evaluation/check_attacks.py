"""Checks that let attacks compete: the stronger one must not miss what a weaker one finds.

    is_raised, found = MEASURES["Square stronger"](subject)    # whether it is raised, and numbers

Comparisons are paired, image by image, from the same random starts. What an attack refuses (no
gradient, probabilities) it refuses here too, with InputError.
"""

import itertools

import numpy as np

from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer
from aaa_tf.errors import InputError
from aaa_tf.evaluation import check_catalogue as limits


def measure_steps(subject):
    """Short attacks against a long one."""
    names = [f"{number} steps" for number in limits.STEPS]
    broken = [subject.is_broken([subject.pgd(subject.eps, number)]) for number in limits.STEPS]
    missed = [_count_missed(weaker, broken[-1]) for weaker in broken[:-1]]
    return _judge(missed, subject), _tell(names, broken, missed)


def measure_larger_eps(subject):
    """A ball against the larger one that holds it."""
    limit = subject.unbounded_eps
    radii = sorted({min(factor * subject.eps, limit) for factor in limits.EPS_FACTORS})
    broken = [subject.is_broken([subject.pgd(radius, limits.EPS_STEPS)]) for radius in radii]
    missed = [_count_missed(*pair) for pair in itertools.pairwise(broken)]
    names = [f"eps {radius:.3g}" for radius in radii]
    return _judge(missed, subject), _tell(names, broken, missed)


def measure_unbounded(subject):
    """Whether PGD fools the model where it may show it any image."""
    eps = subject.unbounded_eps
    attacks = [subject.pgd(eps, limits.UNBOUNDED_STEPS, loss) for loss in ("xent", "margin")]
    num_left = int((~subject.is_broken(attacks)).sum())
    found = f"{num_left} of {len(subject.images)} images survive eps {eps:.3g}"
    return _judge([num_left], subject), found


def measure_square(subject):
    """Square on what APGD leaves."""
    square = Square(eps=subject.eps, norm=subject.norm, num_queries=limits.NUM_QUERIES,
                    seed=subject.seed)  # fmt: skip
    return _measure_rivals(subject, [square], "Square")


def measure_transfer(subject):
    """APGD on the source, shown to the model, on what APGD through the model leaves."""
    if subject.transfer_source is None:
        raise InputError("no transfer source was given")
    attacks = [Transfer(attack, subject.transfer_source) for attack in subject.white_box()]
    return _measure_rivals(subject, attacks, "the transfer")


def _measure_rivals(subject, attacks, name):
    """One run on survivors: whatever the rivals break in it, APGD has missed."""
    result = run_attacks(
        [*subject.white_box(), *attacks], subject.logits_fn, subject.images, subject.labels,
        batch_size=subject.batch_size,
    )  # fmt: skip
    num_left = result.num_robust[subject.white_box()[-1].name][-1]
    missed = int(np.isin(result.broken_by, [attack.name for attack in attacks]).sum())
    found = f"of {num_left} images that APGD leaves, {name} breaks {missed}"
    return _judge([missed], subject), found


def _count_missed(weaker, stronger):
    return int((weaker & ~stronger).sum())


def _judge(counts, subject):
    return max(counts, default=0) > max(1, limits.MISSED_SHARE * len(subject.images))


def _tell(names, broken, missed):
    parts = [f"{name}: {flags.sum()}" for name, flags in zip(names, broken, strict=True)]
    most = max(missed, default=0)
    return f"broken by {', '.join(parts)}; at most {most} of a weaker one missed by a stronger one"


MEASURES = {
    "more steps weaker": measure_steps,
    "larger eps weaker": measure_larger_eps,
    "unbounded eps survived": measure_unbounded,
    "Square stronger": measure_square,
    "transfer stronger": measure_transfer,
}
