import pytest

from aaa_tf.evaluation.intervals import wilson_interval
from tests.made_up_report import wilson

Z = 1.959963984540054  # 97.5 % of a normal distribution lie below


@pytest.mark.parametrize(("count", "total"), [(0, 10), (1, 10), (934, 1000), (10, 10), (1, 1)])
def test_the_interval_is_wilsons_formula(count, total):
    assert wilson_interval(count, total) == pytest.approx(wilson(count, total), abs=1e-12)


def test_all_and_nothing_in_closed_form():
    """Without a success the upper end is z^2 / (n + z^2); without a failure its mirror image."""
    assert wilson_interval(0, 100) == pytest.approx((0, Z**2 / (100 + Z**2)))
    assert wilson_interval(100, 100) == pytest.approx((100 / (100 + Z**2), 1))
