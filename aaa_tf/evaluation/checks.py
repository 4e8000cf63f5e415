"""Checks of gradient masking: signs that a white-box attack overestimates a model's robustness.

    for check in run_checks(logits_fn, dataset.test.first(100), eps=0.3):
        print(check.line)

One hundred or two hundred images are enough; on them the checks cost up to 300 gradients (500
with a transfer source) and Square's 1,000 queries per image, and far less where the model is weak.
No check raised proves nothing; one raised says that a stronger attack very likely exists.
docs/checks.md explains each.
"""

import dataclasses

import numpy as np

from aaa_tf.attacks import norms
from aaa_tf.attacks.runner import compute_logits, even_batch_size, require_sound
from aaa_tf.errors import InputError, require_known
from aaa_tf.evaluation import check_attacks, check_model
from aaa_tf.evaluation.check_catalogue import CATALOGUE, SKIPPED
from aaa_tf.evaluation.check_subject import Subject

MEASURES = check_model.MEASURES | check_attacks.MEASURES


@dataclasses.dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Attributes:
        name: a key of `check_catalogue.CATALOGUE`.
        is_raised: whether the sign was seen; False where the check was skipped.
        found: one line with numbers, or "skipped: " and the reason.
        raised_if: what raises it.
        meaning: what that says about the evaluation.
        advice: what to do then.
    """

    name: str
    is_raised: bool
    found: str
    raised_if: str
    meaning: str
    advice: str

    @property
    def is_skipped(self) -> bool:
        """Whether the check could not be made, which is no good sign either."""
        return self.found.startswith(SKIPPED)

    @property
    def line(self) -> str:
        """Name, outcome and numbers, for a terminal."""
        if self.is_skipped:
            return f"{self.name}: {self.found}"
        return f"{self.name}: {'RAISED' if self.is_raised else 'not raised'} ({self.found})"

    def to_dict(self) -> dict:
        """All fields as JSON types."""
        return dataclasses.asdict(self)


def run_checks(
    logits_fn,
    split,
    *,
    eps: float,
    norm: str = "Linf",
    seed: int = 0,
    batch_size: int = 250,
    transfer_source=None,
    log=lambda line: None,
) -> list:
    """Runs every check on the images that the model classifies correctly.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K): the whole pipeline.
        split: Split, 100 to 200 images.
        eps: radius of the evaluation that is checked, in pixels scaled to [0, 1].
        norm: "Linf" or "L2".
        seed: seed of all random draws.
        batch_size: images per compiled call.
        transfer_source: images -> logits of another model, such as the classifier without its
            defence; None skips the check of transfer.
        log: called with a line after each check.

    Returns:
        A Check for each entry of the catalogue, in its order. Where the model has no gradient, or
        returns probabilities, which attacks refuse, the checks that need attacks are skipped with
        the reason.

    Raises:
        InputError: eps that is not above 0, an unknown norm, logits that are not finite, labels
            that do not fit.
    """
    if not eps > 0:
        raise InputError(f"eps of the checks must be above 0, not {eps}")
    require_known("norm", norm, norms.NORMS)
    images, labels = np.asarray(split.images, np.float32), np.asarray(split.labels, np.int32)
    logits = compute_logits(logits_fn, images, even_batch_size(len(images), batch_size))
    require_sound(logits, labels)
    rows = np.flatnonzero(logits.argmax(axis=1) == labels)
    subject = Subject(
        logits_fn, images[rows], labels[rows], logits[rows], eps, norm, seed,
        even_batch_size(len(rows), batch_size), transfer_source,
    )  # fmt: skip
    checks = []
    for name in CATALOGUE:
        checks.append(_run(name, subject))
        log(checks[-1].line)
    return checks


def _run(name, subject):
    """One check; what attacks refuse is a reason to skip it."""
    try:
        if len(subject.images) == 0:
            raise InputError("no image is classified correctly")
        is_raised, found = MEASURES[name](subject)
    except InputError as error:
        is_raised, found = False, f"{SKIPPED}{error}"
    return Check(name, bool(is_raised), found, *CATALOGUE[name])
