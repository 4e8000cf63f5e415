"""The report of an evaluation: a dict that becomes report.json, and a table for the terminal.

A row is one classifier, with or without a defence; every figure carries its number of examples,
and its interval where they are not all there are.
"""

import numpy as np

from aaa_tf.attacks.wording import format_attack
from aaa_tf.evaluation.figures_text import format_count, format_figure, format_seeds
from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.evaluation.report_schema import SCHEMA

_HOW = {
    "adaptive": "through the whole pipeline",
    "oblivious": "made on the bare classifier alone",
    "given": "made by somebody else",
}


def make_row(result, class_names) -> dict:
    """One row of a report.

    Args:
        result: RobustnessResult.
        class_names: name of each class.
    """
    return {
        "classifier": result.target.name,
        "role": result.target.role,
        "defence": result.target.defence,
        "fingerprint": result.target.fingerprint,
        "num_examples": result.num_examples,
        "num_correct": result.num_correct,
        "clean_accuracy": result.clean_accuracy,
        "clean_interval": wilson_interval(result.num_correct, result.num_examples),
        "columns": [_make_column(column, result, class_names) for column in result.columns],
        "curves": {},
        "checks": [],
    }


def make_report(rows, results, dataset, config, **more) -> dict:
    """The whole report.

    Args:
        rows: of `make_row`, for `results` in the same order.
        results: list of RobustnessResult.
        dataset: Dataset; its test split was evaluated.
        config: EvalConfig.
        more: further top-level entries, such as environment and command.
    """
    columns = {}
    for result in results:
        for column in result.columns:
            columns.setdefault(column.column.name, column.column.describe())
    return {
        "schema": SCHEMA,
        "title": f"{dataset.name}: {', '.join(dict.fromkeys(row['classifier'] for row in rows))}",
        "dataset": dataset.name,
        "split": "test",
        "num_examples": results[0].num_examples,
        "num_available": len(dataset.test),
        "data_sha256": dataset.test.first(results[0].num_examples).fingerprint(),
        "class_names": list(dataset.class_names),
        "protocol": {
            "suite": config.suite or ",".join(config.attacks),
            "seed": config.seed,
            "num_seeds": config.seeds,
            "columns": list(columns.values()),
        },
        "rows": rows,
        "seconds": round(sum(c.seconds for result in results for c in result.columns), 1),
    } | more


def format_table(report) -> str:
    """Rows as an aligned table, with the threat model and the number of examples above it."""
    is_subset = report["num_examples"] < report["num_available"]
    titles = list(dict.fromkeys(c["name"] for row in report["rows"] for c in row["columns"]))
    lines = [("classifier", "role", "defence", "clean %", *(f"{title} %" for title in titles))]
    for row in report["rows"]:
        figures = {c["name"]: _format_column(c, is_subset) for c in row["columns"]}
        clean = format_figure(row["clean_accuracy"], row["clean_interval"], is_subset)
        name = (row["classifier"], row["role"], row["defence"])
        lines.append((*name, clean, *(figures.get(title, "") for title in titles)))
    # A column that is empty throughout, such as role, is left out.
    kept = [i for i in range(len(lines[0])) if any(line[i] for line in lines[1:])]
    widths = {i: max(len(line[i]) for line in lines) for i in kept}
    table = ["  ".join(line[i].ljust(widths[i]) for i in kept).rstrip() for line in lines]
    return "\n".join([*_head(report, is_subset), *table])


def _make_column(result, whole, class_names):
    attacked, column = result.attacked, result.column
    names, counts = np.unique(attacked.broken_by[attacked.broken_by != ""], return_counts=True)
    values = {
        "name": column.name,
        "adversary": column.adversary,
        "norm": column.norm,
        "eps": column.eps,
        "num_robust": result.num_robust,
        "robust_accuracy": result.num_robust / whole.num_examples,
        "interval": wilson_interval(result.num_robust, whole.num_examples),
        "num_robust_after": attacked.num_robust,
        "num_gradients": attacked.num_gradients,
        "num_queries": attacked.num_queries,
        "seconds": round(result.seconds, 1),
        "git_commits": list(result.commits),
        "broken_by": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "per_class": [
            {
                "class": name,
                "num_examples": int((whole.labels == label).sum()),
                "num_correct": int(attacked.is_correct[whole.labels == label].sum()),
                "num_robust": int(attacked.is_robust[whole.labels == label].sum()),
            }
            for label, name in enumerate(class_names)
        ],
    }
    if attacked.loss_curves:
        values["loss_curves"] = attacked.loss_curves
    if len(result.by_seed) > 1:
        values |= {
            "by_seed": list(result.by_seed),
            "mean": float(np.mean(result.by_seed)),
            "deviation": float(np.std(result.by_seed, ddof=1)),
        }
    return values


def _format_column(column, is_subset):
    text = format_figure(column["robust_accuracy"], column["interval"], is_subset)
    seeds = format_seeds(column)
    return f"{text}; {seeds}" if seeds else text


def _head(report, is_subset):
    """What the figures mean, above the table."""
    available = format_count(report["num_available"])
    if is_subset:
        count = format_count(report["num_examples"])
        yield f"{report['dataset']}, {count} of {available} test images; 95 % intervals in brackets"
    else:
        yield f"{report['dataset']}, all {available} test images"
    for column in report["protocol"]["columns"]:
        yield f"{format_attack(column)}; {_HOW[column['adversary']]}"
