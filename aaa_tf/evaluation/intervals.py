"""What a count out of so many says of the whole: Wilson's interval, and comparisons by it."""

import scipy.stats


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share, (low, high).

    Args:
        count: successes.
        total: trials, at least 1.

    Reference: Wilson 1927; computed by SciPy.
    """
    found = scipy.stats.binomtest(int(count), int(total)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def compare_to(interval, value: float) -> str:
    """What an interval allows to say against `value`: "above", "below" or "not told apart".

    Args:
        interval: (low, high).
        value: share in [0, 1] to compare with.
    """
    low, high = interval
    if low > value:
        return "above"
    return "below" if high < value else "not told apart"
