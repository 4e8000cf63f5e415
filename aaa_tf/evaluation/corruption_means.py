"""Accuracy under common corruptions, as a mean over severities and against a baseline.

    difference_of_means(row, natural_row)    # {"fog": 0.023, ...}: the paper's figure 1

`row` is a row of a report; its `corruptions` hold accuracy by type and severity.

Reference: Vaishnavi et al. 2020, figure 1; Hendrycks & Dietterich 2019.
"""


def mean_over_severities(row: dict) -> dict:
    """Corruption type -> mean accuracy over its severities, as a share of 1."""
    return {
        kind: sum(by_severity.values()) / len(by_severity)
        for kind, by_severity in row["corruptions"]["accuracy"].items()
        if by_severity
    }


def difference_of_means(row: dict, baseline: dict) -> dict:
    """Corruption type -> mean accuracy of `row` minus that of `baseline`, as a share of 1.

    Only types and severities that both rows measured count, so that a severity that one of them
    lacks cannot look like a difference.
    """
    ours, theirs = row["corruptions"]["accuracy"], baseline["corruptions"]["accuracy"]
    differences = {}
    for kind in ours:
        severities = [s for s in ours[kind] if s in theirs.get(kind, {})]
        if severities:
            gained = sum(ours[kind][s] - theirs[kind][s] for s in severities)
            differences[kind] = gained / len(severities)
    return differences
