import pytest

from aaa_tf.evaluation.figures_text import (
    format_count,
    format_difference,
    format_figure,
    format_seeds,
    tell_apart,
)


def test_interval_is_shown_for_a_subset_only():
    assert format_figure(0.934, (0.917, 0.948), is_subset=True) == "93.40 (91.70 to 94.80)"
    assert format_figure(0.934, (0.917, 0.948), is_subset=False) == "93.40"
    assert format_figure(0.934, None, is_subset=True) == "93.40"
    assert format_figure(1.0) == "100.00"


def test_seeds_need_more_than_one():
    column = {"by_seed": [0.934, 0.931, 0.935], "mean": 0.93333, "deviation": 0.00208}
    assert format_seeds(column) == "93.33 ± 0.21, 3 seeds"
    assert format_seeds({}) == ""


def test_differences_carry_their_sign_and_nothing_is_minus_zero():
    assert format_difference(0.0231) == "+2.31"
    assert format_difference(-0.0231) == "-2.31"
    assert format_difference(-1e-9) == "+0.00"


def test_counts_have_their_thousands_set_apart():
    assert format_count(10000) == "10,000"


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.8851, 0.91), "above 88.50"),
        ((0.885, 0.91), "not told apart from 88.50"),
        ((0.87, 0.90), "not told apart from 88.50"),
        ((0.87, 0.885), "not told apart from 88.50"),
        ((0.87, 0.8849), "below 88.50"),
    ],
)
def test_a_figure_is_above_only_if_its_whole_interval_is(interval, verdict):
    assert tell_apart(interval, 88.5) == verdict
