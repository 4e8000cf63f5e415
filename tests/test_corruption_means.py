import pytest

from aaa_tf.evaluation.corruption_means import difference_of_means, mean_over_severities


def make_row(**accuracy):
    return {"corruptions": {"name": "cifar10_c", "accuracy": accuracy}}


def test_mean_over_severities():
    row = make_row(fog={"1": 0.9, "2": 0.8, "3": 0.1}, snow={"1": 0.5}, frost={})
    assert mean_over_severities(row) == pytest.approx({"fog": 0.6, "snow": 0.5})


def test_difference_is_of_what_both_measured():
    ours = make_row(fog={"1": 0.9, "2": 0.8, "5": 0.1}, snow={"1": 0.5}, frost={"1": 0.4})
    baseline = make_row(fog={"1": 0.7, "2": 0.5}, snow={"1": 0.6}, frost={"2": 0.1}, jpeg={"1": 1})
    assert difference_of_means(ours, baseline) == pytest.approx({"fog": 0.25, "snow": -0.1})
    assert set(difference_of_means(ours, ours).values()) == {0.0}
