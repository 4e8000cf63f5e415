"""Reports to compare, and the headings of a comparison."""

from tests.made_up_report import make_report


def with_attack(**changes):
    """A report whose PGD column has other parameters."""
    report = make_report()
    report["protocol"]["columns"][0]["attacks"][0].update(changes)
    return report


def headings(comparison, adversary="adaptive"):
    return [text for c, text in comparison.columns.items() if c.adversary == adversary]
