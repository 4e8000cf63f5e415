"""What a row of a report shows beside its figures: checks, loss surface, curves, corruptions.

    row |= diagnose(target, dataset, config, Diagnosis(num_checked=100), folder=..., log=print)

Each part is computed on the first images of the test data and kept in the folder, like the rounds
of the attacks, so a killed evaluation does not repeat it.
"""

import dataclasses
import functools

import numpy as np

from aaa_tf import config as config_module
from aaa_tf.attacks.runner import compute_logits
from aaa_tf.errors import InputError
from aaa_tf.evaluation.checks import run_checks
from aaa_tf.evaluation.corruptions import evaluate_corruptions
from aaa_tf.evaluation.curves import robustness_curves
from aaa_tf.evaluation.partial_results import PartialResults
from aaa_tf.evaluation.surface import loss_surface

# Images whose predictions tell a model without known weights from another.
_NUM_IDENTIFYING = 1000


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """How much of it is wanted.

    Attributes:
        num_checked: images on which signs of gradient masking are looked for; 0 for none.
        num_curved: images of the curves against eps, steps and restarts; 0 for none.
        corruptions: CorruptionSource, or None. Every target is measured on it, undefended ones
            too, because the defence's gain or loss is what counts.
    """

    num_checked: int = 0
    num_curved: int = 0
    corruptions: object = None

    def __post_init__(self):
        if min(self.num_checked, self.num_curved) < 0:
            raise InputError("the numbers of images for checks and curves must be 0 or more")


def diagnose(target, dataset, config, diagnosis, *, folder, log) -> dict:
    """The entries of a report's row.

    Args:
        target: Target.
        dataset: Dataset; its test split is used.
        config: EvalConfig: threat model, PGD's parameters, seed.
        diagnosis: Diagnosis.
        folder: where finished parts are kept.
        log: called with lines of progress.
    """
    # A natural classifier is known to be weak; its checks and curves would tell nothing.
    is_defended = target.defence != "none"
    parts = {
        "checks": (diagnosis.num_checked * is_defended, _check),
        "surface": (diagnosis.num_checked * is_defended, _draw_surface),
        "curves": (diagnosis.num_curved * is_defended, _draw_curves),
        "corruptions": (_NUM_IDENTIFYING * (diagnosis.corruptions is not None), _corrupt),
    }
    found = {}
    for name, (count, compute) in parts.items():
        if count:
            split = dataset.test.first(count)
            batch_size = min(len(split), config.batch_size)
            logits = compute_logits(target.logits_fn, split.images, batch_size)
            store = PartialResults(folder, target, split, logits, log)
            make = functools.partial(compute, target, split, logits, config, log, diagnosis)
            found[name] = store.keep(name, _parameters(name, config, diagnosis), make)
    return {name: value for name, value in found.items() if value is not None}


def _parameters(name, config, diagnosis):
    """What a part depends on besides model and images."""
    parameters = config_module.to_dict(config)
    if name == "corruptions":
        source = diagnosis.corruptions
        parameters["source"] = [source.name, source.version, *source.notes]
    return parameters


def _corrupt(target, split, logits, config, log, diagnosis):
    del split, logits  # the source brings its own images
    return evaluate_corruptions(
        target.logits_fn, diagnosis.corruptions, batch_size=config.batch_size, log=log
    )


def _check(target, split, logits, config, log, diagnosis):
    del logits, diagnosis
    checks = run_checks(
        target.logits_fn,
        split,
        transfer_source=target.bare_logits_fn,
        **_shared(config, log),
    )
    return [check.to_dict() for check in checks]


def _draw_surface(target, split, logits, config, log, diagnosis):
    """Around the first image that is classified correctly; None where there is no gradient."""
    del diagnosis
    correct = np.flatnonzero(logits.argmax(axis=1) == split.labels)
    if not len(correct):
        return None
    row = correct[0]
    try:
        return loss_surface(
            target.logits_fn,
            split.images[row],
            int(split.labels[row]),
            eps=config.eps,
            norm=config.norm,
            seed=config.seed,
        )
    except InputError as error:
        log(f"no loss surface: {error}")
        return None


def _draw_curves(target, split, logits, config, log, diagnosis):
    """None where PGD does not apply, because there is no gradient."""
    del logits, diagnosis
    try:
        return robustness_curves(
            target.logits_fn,
            split,
            step_size=config.step_size,
            num_steps=config.num_steps,
            num_restarts=config.num_restarts,
            **_shared(config, log),
        )
    except InputError as error:
        log(f"no curves: {error}")
        return None


def _shared(config, log):
    """What checks and curves take alike of an EvalConfig."""
    names = ("eps", "norm", "seed", "batch_size")
    return {name: getattr(config, name) for name in names} | {"log": log}
