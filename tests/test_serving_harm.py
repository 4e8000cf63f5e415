"""Warnings follow the counts."""

import pytest

from aaa_tf.serving.harm import harm_of
from aaa_tf.serving.manifest import Measurement


def measured(defence, num_correct, num_robust=None, attack="PGD-9"):
    attack = None if num_robust is None else {"name": attack, "norm": "Linf", "eps": 0.3}
    return Measurement(
        defence=defence, num_examples=100, num_correct=num_correct, num_robust=num_robust,
        attack=attack,
    ).to_dict()  # fmt: skip


@pytest.mark.parametrize(
    ("bare", "defended", "expected"),
    [
        ((100, 0), (99, 50), []),
        ((100, 0), (98, 50), ["costs clean accuracy, 100.00 % without and 98.00 % with it"]),
        ((100, 10), (100, 10), ["does not help against PGD-9, accuracy 10.00 % without and 10.00"]),
        ((100, 10), (90, 9), ["costs clean", "does not help"]),
        ((100,), (90,), ["costs clean"]),
        ((100,), (100, 5), []),
    ],
)
def test_warnings_follow_the_counts(bare, defended, expected):
    lines = harm_of([measured("none", *bare), measured("AAA", *defended)])
    assert len(lines) == len(expected)
    assert all(part in line for line, part in zip(lines, expected, strict=True))


def test_each_attack_is_compared_with_itself():
    rows = [
        measured("none", 100, 0),
        measured("none", 100, 60, "CW-L2"),
        measured("AAA", 100, 50),
        measured("AAA", 100, 40, "CW-L2"),
    ]
    (line,) = harm_of(rows)
    assert "does not help against CW-L2" in line


def test_nothing_is_said_of_what_was_not_measured():
    assert harm_of([]) == harm_of([measured("AAA", 90, 0)]) == harm_of([measured("none", 9)]) == []
