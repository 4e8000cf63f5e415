"""How a figure is written, in every table, page and alternative text alike.

    format_figure(0.934, (0.917, 0.948), is_subset=True)      "93.40 (91.70 to 94.80)"
    tell_apart((0.917, 0.948), 88.5)                          "above 88.50"

Accuracies come in as shares of 1 and are shown in percent with two decimals, without a sign. An
interval is shown where the figure is of a part of the test data; it is Wilson's, 95 %.
"""

ABSENT = "-"


def format_percent(share: float) -> str:
    """A share of 1, in percent: 0.934 is "93.40"."""
    return f"{100 * share:.2f}"


def format_figure(accuracy: float, interval=None, is_subset: bool = False) -> str:
    """An accuracy in percent, with its interval where one is needed.

    Args:
        accuracy: in [0, 1].
        interval: (lower, upper) in [0, 1], or None where it is not known.
        is_subset: whether the figure is of a part of the test data; only then is the interval
            shown, because over all of it the count is exact.

    Returns:
        "93.40" or "93.40 (91.70 to 94.80)".
    """
    if interval is None or not is_subset:
        return format_percent(accuracy)
    lower, upper = (format_percent(end) for end in interval)
    return f"{format_percent(accuracy)} ({lower} to {upper})"


def format_seeds(column: dict) -> str:
    """Mean and deviation over seeds of a report's column: "93.33 ± 0.20, 3 seeds"; else ""."""
    if not {"by_seed", "mean", "deviation"} <= column.keys():
        return ""
    mean, deviation = format_percent(column["mean"]), format_percent(column["deviation"])
    return f"{mean} ± {deviation}, {len(column['by_seed'])} seeds"


def format_difference(points: float) -> str:
    """A difference of two accuracies, in percentage points with its sign: "+2.31"."""
    # Adding zero turns -0.0 into 0.0.
    return f"{round(100 * points, 2) + 0.0:+.2f}"


def format_count(count: int) -> str:
    """A count with its thousands set apart: "10,000"."""
    return f"{count:,}"


def format_type(kind: str) -> str:
    """A type of corruption: "motion_blur" is "motion blur"."""
    return kind.replace("_", " ")


def tell_apart(interval, against: float) -> str:
    """Whether a measured accuracy is told apart from a published one.

    A figure is above only if the whole interval is, and below likewise. The published figure is
    taken as exact, so this says nothing of its own uncertainty.

    Args:
        interval: (lower, upper) in [0, 1].
        against: the published figure in percent.

    Returns:
        "above 88.50", "below 88.50" or "not told apart from 88.50".
    """
    lower, upper = interval
    if 100 * lower > against:
        return f"above {against:.2f}"
    if 100 * upper < against:
        return f"below {against:.2f}"
    return f"not told apart from {against:.2f}"
