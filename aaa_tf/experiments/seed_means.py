"""One figure from the trainings of several seeds: their mean, never the best."""

import numpy as np

NOT_YET = "not evaluated yet; the same command goes on"
NOT_ASKED_FOR = "its row is not among --rows; the command without it goes on"


def reports_of(reports, index):
    """The reports of one row, by seed."""
    return [reports[key] for key in sorted(reports) if key[0] == index]


def combine_seeds(accuracies, intervals) -> dict:
    """`accuracy`, `interval`, `by_seed` and `deviation`; see `paper_figures.make_figures`."""
    deviation = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else None
    return {
        "accuracy": float(np.mean(accuracies)),
        "interval": [min(low for low, _ in intervals), max(high for _, high in intervals)],
        "by_seed": accuracies,
        "deviation": deviation,
    }
