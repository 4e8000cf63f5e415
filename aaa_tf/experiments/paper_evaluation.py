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
            all that is measured, if the model at hand is as often right on clean images.
    """
    config = make_eval_config(part, budget)
    if base and _is_as_often_right(target, dataset, config, base):
        dear = run_evaluation(
            [target],
            dataset,
            dataclasses.replace(config, suite="autoattack", attacks=()),
            report_dir=folder,
            replace=True,
            log=log,
        )
        return _add_columns(base, dear, row.also)
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


def _is_as_often_right(target, dataset, config, base):
    num_correct = evaluate_clean(target, dataset.test, config).num_correct
    return num_correct == base["rows"][0]["num_correct"]


def _add_columns(base, dear, names):
    """A report of one row with those columns of another one that are named."""
    columns = [c for c in dear["rows"][0]["columns"] if c["name"] in names]
    told = [c for c in dear["protocol"]["columns"] if c["name"] in names]
    row = base["rows"][0] | {"columns": base["rows"][0]["columns"] + columns}
    return base | {
        "protocol": base["protocol"] | {"columns": base["protocol"]["columns"] + told},
        "rows": [row],
        "seconds": base["seconds"] + dear["seconds"],
    }


def merge_reports(reports) -> dict:
    """One report of the rows of several that were measured alike, in their order."""
    columns = {c["name"]: c for report in reports for c in report["protocol"]["columns"]}
    rows = [row for report in reports for row in report["rows"]]
    names = ", ".join(dict.fromkeys(row["classifier"] for row in rows))
    # The pictures are of one row alone, and not beside the merged report.
    examples = ("examples", "examples_of")
    first = {key: value for key, value in reports[0].items() if key not in examples}
    return first | {
        "title": f"{first['dataset']}: {names}",
        "protocol": first["protocol"] | {"columns": list(columns.values())},
        "rows": rows,
        "seconds": round(sum(report["seconds"] for report in reports), 1),
    }


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
