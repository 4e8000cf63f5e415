"""Clean and robust accuracy of one target: correct when clean and under every attack of a column.

    result = evaluate_robustness(logits_fn, dataset.test, EvalConfig(eps=0.3, suite="autoattack"))
    result.robust_accuracy            # of the first column

The adversary differentiates whatever `logits_fn` is: hand it the whole pipeline F(G(x)). Accuracy
counts examples. Within a column attacks and restarts see survivors only; every image that breaks
one is verified independently before it counts. With a folder, each finished round is kept there,
and the same call goes on after it.
"""

import dataclasses
import time

import numpy as np
import tensorflow as tf

from aaa_tf import workers
from aaa_tf.attacks.runner import (
    NO_GRADIENT,
    compute_logits,
    even_batch_size,
    require_sound,
    run_attacks,
)
from aaa_tf.attacks.verify import verify_adversarial_images
from aaa_tf.data import Split
from aaa_tf.differentiability import has_gradient
from aaa_tf.errors import InputError
from aaa_tf.evaluation import suites
from aaa_tf.evaluation.partial_results import PartialResults
from aaa_tf.evaluation.target import Target, make_bare_target
from aaa_tf.models.frozen import FrozenClassifier
from aaa_tf.provenance import git_commit

_NUM_GUIDES = 1000
_NUM_PROBED = 8


@dataclasses.dataclass(frozen=True)
class ColumnResult:
    """What one ensemble of attacks left.

    Attributes:
        column: suites.Column.
        attacked: attacks.runner.AttackResult: flags, images and costs.
        seconds: wall time, earlier calls that were continued included.
        by_seed: robust accuracy for each seed, the first of which is `attacked`.
        commits: git commits of this program that ran its rounds.
    """

    column: suites.Column
    attacked: object
    seconds: float
    by_seed: tuple
    commits: tuple

    @property
    def num_robust(self) -> int:
        """Images that are correct when clean and under every attack."""
        return int(self.attacked.is_robust.sum())


@dataclasses.dataclass(frozen=True)
class RobustnessResult:
    """One target under every column.

    Attributes:
        target: Target.
        labels: (N,) true classes.
        is_correct: (N,) bool, classified correctly when clean.
        columns: list of ColumnResult.
    """

    target: Target
    labels: np.ndarray = dataclasses.field(repr=False)
    is_correct: np.ndarray = dataclasses.field(repr=False)
    columns: list = dataclasses.field(repr=False)

    @property
    def num_examples(self) -> int:
        """Examples evaluated."""
        return len(self.labels)

    @property
    def num_correct(self) -> int:
        """Of these, classified correctly when clean."""
        return int(self.is_correct.sum())

    @property
    def num_robust(self) -> int:
        """Robust ones in the first column."""
        return self.columns[0].num_robust

    @property
    def clean_accuracy(self) -> float:
        """num_correct / num_examples."""
        return self.num_correct / self.num_examples

    @property
    def robust_accuracy(self) -> float:
        """num_robust / num_examples, of the first column."""
        return self.num_robust / self.num_examples

    @property
    def adversarial_images(self) -> np.ndarray:
        """(N, H, W, C) that the first column arrived at."""
        return self.columns[0].attacked.adversarial_images


def evaluate_robustness(
    target,
    split,
    config,
    *,
    folder=None,
    extra_columns=(),
    strategy=None,
    report=lambda line: None,
) -> RobustnessResult:
    """Measures a classifier or a whole pipeline under a suite of attacks.

    Args:
        target: Target, FrozenClassifier, or a function from images (N, H, W, C) float32 in [0, 1]
            to logits (N, K).
        split: Split of test data; its first config.num_examples are used (0: all).
        config: EvalConfig; with neither suite nor attacks (attacks=()), extra_columns alone.
        folder: where finished rounds are kept; None keeps nothing.
        extra_columns: Columns evaluated after those of the suite.
        strategy: tf.distribute.Strategy over whose devices and workers batches are spread; None for
            one device. Counts and images are those of one device; the chief alone writes.
        report: called with a line of progress now and then.

    Returns:
        A RobustnessResult.

    Raises:
        InputError: if an attack does not apply to the model; see `runner.run_attacks`.
        ValueError: if an image that counts as adversarial is outside the threat model: a bug here,
            because what an attack of one's own finds there is left out, with a warning.
        WorkerLostError: if another worker is lost.
    """
    target, split, logits = _begin(target, split, config, strategy)
    columns_by_seed = [
        suites.build_columns(
            config, target, num_classes=logits.shape[-1], guides=_guides(split), seed=seed
        )
        for seed in range(config.seed, config.seed + config.seeds)
        if config.suite or config.attacks or not extra_columns
    ]
    all_columns = [*zip(*columns_by_seed, strict=True), *((c,) for c in extra_columns)]
    _require_gradient(target, all_columns, split)
    is_chief = workers.is_chief(strategy)
    store = PartialResults(folder, target, split, logits, report, is_chief=is_chief)
    results = [
        _evaluate_column(columns, target, split, config, store, strategy, report)
        for columns in all_columns
    ]
    is_correct = logits.argmax(axis=1) == split.labels
    return RobustnessResult(target, split.labels, is_correct, results)


def _require_gradient(target, all_columns, split):
    """A gradient that is 0 everywhere leads attacks nowhere, and their failure tells nothing.

    One that random images do not show may show at these.
    """
    attacks = (a for columns in all_columns for column in columns for a in column.attacks)
    needing = [attack for attack in attacks if attack.needs_gradient]
    if not needing or target.has_gradient:
        return
    if not has_gradient(target.logits_fn, tf.constant(split.images[:_NUM_PROBED])):
        raise InputError(f"{needing[0].name} {NO_GRADIENT}")


def evaluate_clean(target, split, config) -> RobustnessResult:
    """Measures a target without any attack; arguments and errors as for `evaluate_robustness`."""
    target, split, logits = _begin(target, split, config)
    require_sound(logits, split.labels)
    return RobustnessResult(target, split.labels, logits.argmax(axis=1) == split.labels, [])


def _begin(target, split, config, strategy=None):
    """(Target, the examples that are evaluated, their logits when clean)."""
    target = _as_target(target)
    if not isinstance(split, Split):
        raise InputError(f"needed: a Split such as dataset.test, not {type(split).__name__}")
    split = split.first(config.num_examples)
    if not len(split):
        raise InputError("there is no example to evaluate")
    batch_size = even_batch_size(len(split), config.batch_size)
    return target, split, compute_logits(target.logits_fn, split.images, batch_size, strategy)


def _as_target(target):
    if isinstance(target, FrozenClassifier):
        return make_bare_target(target)
    return target if isinstance(target, Target) else Target("model", target)


def predict(logits_fn, images, batch_size: int) -> np.ndarray:
    """Predicted classes (N,), computed batch by batch."""
    return compute_logits(logits_fn, images, batch_size).argmax(axis=1)


def _guides(split):
    return split.images[:_NUM_GUIDES], split.labels[:_NUM_GUIDES]


def _evaluate_column(columns, target, split, config, store, strategy, report):
    """The same column for each seed; images and flags of the first are what the result shows.

    One without random draws, such as CW, would only repeat itself.
    """
    columns = list({str(column.describe()): column for column in columns}.values())
    found = [_attack(column, target, split, config, store, strategy, report) for column in columns]
    by_seed = tuple(float(attacked.is_robust.mean()) for attacked, _, _ in found)
    seconds = sum(seconds for _, seconds, _ in found)
    commits = dict.fromkeys(commit for _, _, commits in found for commit in commits)
    return ColumnResult(columns[0], found[0][0], seconds, by_seed, tuple(commits))


def _attack(column, target, split, config, store, strategy, report):
    """Runs a column, or what a killed run has left of it: (AttackResult, seconds, commits)."""
    resume_from, seconds_before, commits_before = store.load(column)
    rounds_done = resume_from and resume_from.num_robust
    workers.require_same(strategy, "the rounds of an attack that are done", rounds_done)
    started = time.monotonic()
    progress = _Progress(len(split), report)
    commits = list(commits_before)

    def keep(attacked):
        commits[:] = dict.fromkeys([*commits_before, git_commit()])
        store.save(column, attacked, seconds_before + time.monotonic() - started, commits)

    attacked = run_attacks(
        column.attacks,
        target.logits_fn,
        split.images,
        split.labels,
        batch_size=config.batch_size,
        strategy=strategy,
        report=progress,
        resume_from=resume_from,
        on_round=keep,
    )
    broken = attacked.is_correct & ~attacked.is_robust
    verify_adversarial_images(
        split.images[broken], attacked.adversarial_images[broken], column.eps, column.norm
    )
    return attacked, seconds_before + time.monotonic() - started, commits


class _Progress:
    """Lines of progress: the accuracy so far, and the time left for the attack that runs."""

    def __init__(self, num_examples, report):
        self._num_examples, self._report, self._name = num_examples, report, None

    def __call__(self, name, share, num_robust):
        if name != self._name:
            # A resumed attack does not start at 0, nor does the first batch tell its start.
            self._name, self._started, self._start_share = name, time.monotonic(), share
        seconds, done = time.monotonic() - self._started, share - self._start_share
        left = ""
        if done > 0 and share < 1:
            left = f", about {seconds / done * (1 - share):.0f} s left"
        self._report(
            f"{name}: {share:.0%} done, accuracy so far at most "
            f"{num_robust / self._num_examples:.2%}{left}"
        )
