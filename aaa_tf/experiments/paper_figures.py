"""Our figures beside the published ones: reports in, a list of figures out, as JSON types.

    figures = make_figures(part, budget, {(0, 0): report})       # (row, seed) -> report of that row

Each figure carries its budget, attack, number of images and 95 % interval. With several training
seeds it is their mean, never the best, and its interval reaches from the lowest to the highest end
of the seeds' intervals: it is above a published figure only if every seed is. A figure that should
be there and was not measured stands in the list with the reason.
"""

import re

from aaa_tf.attacks.wording import format_attack
from aaa_tf.evaluation import figures_text
from aaa_tf.experiments.paper import CLEAN
from aaa_tf.experiments.paper_corruptions import corruption_figures
from aaa_tf.experiments.seed_means import NOT_ASKED_FOR, NOT_YET, combine_seeds, reports_of

_NO_FIGURE = "the evaluation gave no figure for it"


def column_key(name: str) -> str:
    """The name of a report's column without its number of steps: "PGD-100-mse" is "PGD-mse"."""
    return re.sub(r"-\d+(?=-|$)", "", name)


def make_figures(part, budget, reports: dict, *, seeds: int = 1, rows=()) -> list[dict]:
    """All figures of a part in the order of its rows.

    Args:
        part: paper.Part.
        budget: Budget.
        reports: (index of a row, training seed) -> a report that has this row alone.
        seeds: trainings of the headline's defence that there shall be.
        rows: names of the rows that are measured in this call; empty for all.

    Returns:
        Dicts with `classifier`, `role`, `defence`, `column`, `source`, `published` (percent, or
        None), `budget`, and either `missing`, the reason, or `attack`, `num_examples`,
        `num_available`, `accuracy` and `interval` (shares of 1), `by_seed`, `deviation` (None for
        one seed), `seeds_missing` (trainings still to come), `git_commits` (of this program,
        which ran the attack), `after_restarts` (of the first seed,
        shares of 1; [] where there is no trend) and `verdict`.
    """
    figures = []
    for index, row in enumerate(part.rows):
        contents = reports_of(reports, index)
        num_seeds = part.num_seeds(row, seeds)
        named = {"classifier": row.classifier, "role": row.role, "defence": row.defence}
        measured = _measure(contents) if contents else {}
        to_come = NOT_YET if not rows or row.name in rows else NOT_ASKED_FOR
        for column in _columns(part, row, measured):
            head = named | {
                "column": column,
                # A row without any number says where the paper speaks of it.
                "source": row.source if column in row.published or not row.published else "",
                "published": row.published.get(column),
                "budget": budget.name,
            }
            if column in measured:
                found = measured[column]
                found |= {"seeds_missing": num_seeds - len(found["by_seed"])}
                figures.append(head | found | {"verdict": _judge(found, head, budget)})
            else:
                is_to_come = not contents or column in row.also
                figures.append(head | {"missing": to_come if is_to_come else _NO_FIGURE})
        if part.corruptions:
            figures += corruption_figures(part, index, named, reports, budget, num_seeds, to_come)
    return figures


def _columns(part, row, measured):
    wanted = (CLEAN, *row.published, *(row.columns or part.columns), *row.also)
    return dict.fromkeys((*wanted, *measured))


def count_missing(figures) -> int:
    """How many figures are missing, or come from fewer seeds than they shall."""
    return sum("missing" in figure or figure["seeds_missing"] > 0 for figure in figures)


def _measure(contents):
    """Column -> what was measured, over the seeds' reports of one row."""
    rows = [content["rows"][0] for content in contents]
    counts = {
        "num_examples": rows[0]["num_examples"],
        "num_available": contents[0]["num_available"],
    }
    intervals = [row["clean_interval"] for row in rows]
    accuracies = [row["clean_accuracy"] for row in rows]
    found = {CLEAN: counts | {"attack": "none"} | combine_seeds(accuracies, intervals)}
    by_name = [
        {c["name"]: c for c in row["columns"] if c["adversary"] == "adaptive"} for row in rows
    ]
    # Those of the first seed: a later one may still lack its dear columns, and seeds keep order.
    for name, column in by_name[0].items():
        lacking = (seed for seed, columns in enumerate(by_name) if name not in columns)
        same = [columns[name] for columns in by_name[: next(lacking, len(by_name))]]
        # An ensemble's first attack alone is no trend of it.
        after = column["num_robust_after"]
        trend = next(iter(after.values())) if len(after) == 1 else []
        found[column_key(name)] = (
            counts
            | {"attack": _describe_attack(contents[0], name)}
            | combine_seeds([c["robust_accuracy"] for c in same], [c["interval"] for c in same])
            | {"after_restarts": [count / counts["num_examples"] for count in trend]}
            | {"git_commits": _commits(same)}
        )
    return found


def _commits(columns):
    return list(dict.fromkeys(c for column in columns for c in column.get("git_commits", ())))


def _describe_attack(content, name):
    protocol = content["protocol"]["columns"]
    return format_attack(next(column for column in protocol if column["name"] == name))


def _judge(found, head, budget):
    if budget.is_smoke:
        return "smoke, says nothing"
    if head["published"] is None:
        return "no published figure"
    return figures_text.tell_apart(found["interval"], head["published"])
