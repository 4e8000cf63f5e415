"""Figures on corrupted images: the mean over severities, and the difference to no defence.

Reference: Vaishnavi et al. 2020, figure 1 and supplement.
"""

import numpy as np

from aaa_tf.evaluation.corruption_means import difference_of_means, mean_over_severities
from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.experiments.seed_means import combine_seeds, reports_of

CORRUPTION = "corruption"


def corruption_figures(part, index, named, reports, budget, num_seeds, to_come):
    """One figure a corruption type: mean accuracy over severities, and its difference.

    Args:
        part: paper.Part.
        index: of the row.
        named: `classifier`, `role` and `defence` of the row.
        reports: (index of a row, training seed) -> a report that has this row alone.
        budget: Budget.
        num_seeds: trainings of the defence that there shall be.
        to_come: why the row is missing where it has no report.

    Returns:
        Dicts as of `paper_figures.make_figures`, and `difference`, to the same classifier without a
        defence, in shares of 1 (figure 1); None where that was not measured.
    """
    head = named | {"source": part.rows[index].source, "published": None, "budget": budget.name}
    contents = reports_of(reports, index)
    if not contents:
        return [head | {"column": CORRUPTION, "missing": to_come}]
    rows = [content["rows"][0] for content in contents]
    differences = [_differences(part, index, reports, row) for row in rows]
    num_examples = rows[0]["corruptions"]["num_examples"]
    means = [mean_over_severities(row) for row in rows]
    head |= {
        "attack": "mean over severities, no adversary",
        "num_examples": num_examples,
        "num_available": contents[0]["num_available"],
        "seeds_missing": num_seeds - len(contents),
        "verdict": "smoke, says nothing" if budget.is_smoke else "no published figure",
    }
    figures = []
    for kind in means[0]:
        shares = [by_kind[kind] for by_kind in means]
        # Never too narrow: the deviation of a mean of dependent shares is at most their mean
        # deviation, which is at most that of their mean share (concavity).
        intervals = [wilson_interval(round(x * num_examples), num_examples) for x in shares]
        found = combine_seeds(shares, intervals) | {"column": f"{CORRUPTION} {kind}"}
        of_seeds = [by_kind[kind] for by_kind in differences if kind in by_kind]
        difference = float(np.mean(of_seeds)) if of_seeds else None
        figures.append(head | found | {"difference": difference})
    return figures


def _differences(part, index, reports, row):
    own = part.rows[index]
    for other, candidate in enumerate(part.rows):
        is_baseline = candidate.classifier == own.classifier and candidate.defence == "none"
        if is_baseline and (other, 0) in reports and own.defence != "none":
            return difference_of_means(row, reports[other, 0]["rows"][0])
    return {}
