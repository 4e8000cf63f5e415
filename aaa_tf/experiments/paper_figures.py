"""Our figures beside the published ones: reports in, a list of figures out, as JSON types.

    figures = make_figures(part, budget, {(0, 0): report})       # (row, seed) -> report of that row

Each figure carries its budget, attack, number of images and 95 % interval. With several training
seeds it is their mean, never the best, and its interval reaches from the lowest to the highest end
of the seeds' intervals: it is above a published figure only if every seed is. A figure that should
be there and was not measured stands in the list with the reason.
"""

import re

import numpy as np

from aaa_tf.evaluation import figures_text
from aaa_tf.evaluation.corruption_means import difference_of_means, mean_over_severities
from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.experiments.paper import CLEAN

_NOT_YET = "not evaluated yet; the same command goes on"
_NO_FIGURE = "the evaluation gave no figure for it"
CORRUPTION = "corruption"
_PARAMETERS = (
    ("step_size", "step {:.4g}"),
    ("initial_constant", "c = {:g}"),
    ("learning_rate", "rate {:g}"),
    ("num_steps", "{} steps"),
    ("num_restarts", "{} restart(s)"),
)


def column_key(name: str) -> str:
    """The name of a report's column without its number of steps: "PGD-100-mse" is "PGD-mse"."""
    return re.sub(r"-\d+(?=-|$)", "", name)


def make_figures(part, budget, reports: dict) -> list[dict]:
    """All figures of a part in the order of its rows.

    Args:
        part: paper.Part.
        budget: Budget.
        reports: (index of a row, training seed) -> a report that has this row alone.

    Returns:
        Dicts with `classifier`, `role`, `defence`, `column`, `source`, `published` (percent, or
        None), `budget`, and either `missing`, the reason, or `attack`, `num_examples`,
        `num_available`, `accuracy` and `interval` (shares of 1), `by_seed`, `deviation` (None for
        one seed), `after_restarts` (of the first seed, shares of 1, for attacks that have several)
        and `verdict`.
    """
    figures = []
    for index, row in enumerate(part.rows):
        contents = [reports[key] for key in sorted(reports) if key[0] == index]
        named = {"classifier": row.classifier, "role": row.role, "defence": row.defence}
        measured = _measure(contents) if contents else {}
        for column in dict.fromkeys((CLEAN, *row.published, *part.columns, *row.also, *measured)):
            head = named | {
                "column": column,
                # A row without any number says where the paper speaks of it.
                "source": row.source if column in row.published or not row.published else "",
                "published": row.published.get(column),
                "budget": budget.name,
            }
            if column in measured:
                found = measured[column]
                figures.append(head | found | {"verdict": _judge(found, head, budget)})
            else:
                figures.append(head | {"missing": _NO_FIGURE if contents else _NOT_YET})
        if part.corruptions:
            figures += _corruption_figures(part, index, named, reports, budget)
    return figures


def _measure(contents):
    """Column -> what was measured, over the seeds' reports of one row."""
    rows = [content["rows"][0] for content in contents]
    counts = {
        "num_examples": rows[0]["num_examples"],
        "num_available": contents[0]["num_available"],
    }
    intervals = [row["clean_interval"] for row in rows]
    accuracies = [row["clean_accuracy"] for row in rows]
    found = {CLEAN: counts | {"attack": "none"} | _combine(accuracies, intervals)}
    for place, column in enumerate(rows[0]["columns"]):
        if column["adversary"] != "adaptive":
            continue
        same = [row["columns"][place] for row in rows]
        trend = next(iter(column["num_robust_after"].values()))
        found[column_key(column["name"])] = (
            counts
            | {"attack": _describe_attack(contents[0], column)}
            | _combine([c["robust_accuracy"] for c in same], [c["interval"] for c in same])
            | {"after_restarts": [count / counts["num_examples"] for count in trend]}
        )
    return found


def _combine(accuracies, intervals):
    deviation = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else None
    return {
        "accuracy": float(np.mean(accuracies)),
        "interval": [min(low for low, _ in intervals), max(high for _, high in intervals)],
        "by_seed": accuracies,
        "deviation": deviation,
    }


def _describe_attack(content, column):
    """A column in one line: "PGD-100, Linf 0.3, step 0.01, 50 restart(s)", or what it is of."""
    protocol = content["protocol"]["columns"]
    attacks = next(c["attacks"] for c in protocol if c["name"] == column["name"])
    parts = [column["name"], figures_text.format_threat(column["norm"], column["eps"])]
    if len(attacks) > 1:
        return ", ".join([*parts, " + ".join(attack["name"] for attack in attacks)])
    for key, form in _PARAMETERS:
        if key in attacks[0]:
            parts.append(form.format(attacks[0][key]))
    return ", ".join(parts)


def _judge(found, head, budget):
    if budget.is_smoke:
        return "smoke, says nothing"
    if head["published"] is None:
        return "no published figure"
    return figures_text.tell_apart(found["interval"], head["published"])


def _corruption_figures(part, index, named, reports, budget):
    """One figure a corruption type: mean accuracy over severities, and its difference.

    The difference is to the same classifier without a defence, in shares of 1 (figure 1).
    """
    head = named | {"source": part.rows[index].source, "published": None, "budget": budget.name}
    if (index, 0) not in reports:
        return [head | {"column": CORRUPTION, "missing": _NOT_YET}]
    content = reports[index, 0]
    row = content["rows"][0]
    differences = _differences(part, index, reports, row)
    num_examples = row["corruptions"]["num_examples"]
    figures = []
    for kind, accuracy in mean_over_severities(row).items():
        figures.append(
            head
            | {
                "column": f"{CORRUPTION} {kind}",
                "attack": "mean over severities, no adversary",
                "num_examples": num_examples,
                "num_available": content["num_available"],
                "accuracy": accuracy,
                # Never too narrow: the deviation of a mean of dependent shares is at most their
                # mean deviation, which is at most that of their mean share (concavity).
                "interval": list(wilson_interval(round(accuracy * num_examples), num_examples)),
                "by_seed": [accuracy],
                "deviation": None,
                "difference": differences.get(kind),
                "verdict": "smoke, says nothing" if budget.is_smoke else "no published figure",
            }
        )
    return figures


def _differences(part, index, reports, row):
    own = part.rows[index]
    for other, candidate in enumerate(part.rows):
        is_baseline = candidate.classifier == own.classifier and candidate.defence == "none"
        if is_baseline and (other, 0) in reports and own.defence != "none":
            return difference_of_means(row, reports[other, 0]["rows"][0])
    return {}
