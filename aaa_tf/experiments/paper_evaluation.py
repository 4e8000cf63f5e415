"""Evaluation of one row of an experiment: under the part's attacks, on corruptions, or clean alone.

    report = evaluate_row(target, part, row, budget, dataset, folder="runs/evaluations")

Rounds that are finished are kept in folder/partial under a hash of model, data and attack, so all
experiments share one folder and nothing is attacked twice.
"""

import dataclasses
import pathlib

from aaa_tf.data.corrupted import open_corruptions
from aaa_tf.evaluation import report as report_module
from aaa_tf.evaluation.robustness import evaluate_clean
from aaa_tf.experiments.budgets import make_eval_config, make_extra_columns
from aaa_tf.experiments.diagnosis import Diagnosis, diagnose
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.experiments.row_reports import add_columns
from aaa_tf.provenance import describe_environment


def evaluate_row(
    target, part, row, budget, dataset, *, folder, log, own_columns=(), base=None
) -> dict:
    """A report of one row.

    Args:
        target: Target.
        part: paper.Part.
        row: paper.Row of it, which `target` is.
        budget: Budget.
        dataset: Dataset; its test split is used.
        folder: where finished parts of any evaluation on this data set are kept.
        log: called with lines of progress.
        own_columns: Columns made for the defence of the row.
        base: an earlier report of this row without its dear columns (`row.also`), which are then
            all that is measured, if it is of the model at hand.
    """
    config = make_eval_config(part, budget)
    if base and _is_of(target, dataset, config, base):
        dear = run_evaluation(
            # Without its parts, which only an oblivious adversary and pictures need.
            [dataclasses.replace(target, bare_logits_fn=None, autoencoder=None)],
            dataset,
            dataclasses.replace(config, suite="autoattack", attacks=()),
            report_dir=folder,
            replace=True,
            log=log,
        )
        return add_columns(base, dear, row.also)
    diagnosis = Diagnosis(corruptions=_open_corruptions(part, dataset, config))
    if not part.columns:
        return _evaluate_clean(target, dataset, config, diagnosis, folder, log)
    return run_evaluation(
        [target],
        dataset,
        config,
        report_dir=folder,
        diagnosis=diagnosis,
        extra_columns={target.label: make_extra_columns(part, row, budget, own_columns)},
        replace=True,
        log=log,
    )


def _is_of(target, dataset, config, base):
    """Whether an earlier report is of this model; one without a fingerprint if as often right."""
    (row,) = base["rows"]
    if "fingerprint" in row:
        return row["fingerprint"] == target.fingerprint
    return row["num_correct"] == evaluate_clean(target, dataset.test, config).num_correct


def _open_corruptions(part, dataset, config):
    if not part.corruptions:
        return None
    return open_corruptions(
        "generated", dataset.test, data_dir=None, seed=0, num_examples=config.num_examples
    )


def _evaluate_clean(target, dataset, config, diagnosis, folder, log):
    """A row without any attack, for figure 1: clean accuracy and corruptions."""
    log(f"evaluating {target.label}")
    result = evaluate_clean(target, dataset.test, config)
    row = report_module.make_row(result, dataset.class_names)
    row |= diagnose(
        target, dataset, config, diagnosis, folder=pathlib.Path(folder) / "partial", log=log
    )
    return report_module.make_report(
        [row], [result], dataset, config, environment=describe_environment()
    )
