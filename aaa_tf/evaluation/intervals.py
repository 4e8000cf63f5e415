"""What a count out of so many says of the whole: Wilson's interval."""

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
