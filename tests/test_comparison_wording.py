from aaa_tf.evaluation.comparison import compare_reports
from tests.comparison_inputs import headings, with_attack
from tests.made_up_report import make_report


def test_another_seed_shares_the_column_and_is_named():
    report = with_attack(seed=7)
    report["protocol"]["seed"] = 7
    comparison = compare_reports({"a": make_report(), "b": report})
    assert len(headings(comparison)) == 3
    assert comparison.notes == ["The reports differ in seed: 0 in 1; 7 in 2."]


def test_number_of_examples_and_suite_are_named():
    report = make_report(num_examples=500)
    report["protocol"]["suite"] = "quick"
    notes = compare_reports({"a": make_report(), "b": report}).notes
    assert "The reports differ in images: 1,000 in 1; 500 in 2." in notes
    assert "The reports differ in suite: paper_mnist in 1; quick in 2." in notes


def test_other_parameters_of_an_attack_make_another_column_beside_it():
    comparison = compare_reports({"a": make_report(), "b": with_attack(num_restarts=2)})
    assert headings(comparison)[:2] == [
        "PGD-100, Linf 0.3, num_restarts 50",
        "PGD-100, Linf 0.3, num_restarts 2",
    ]
    first, second = list(comparison.columns)[1:3]
    assert [first in row.figures for row in comparison.rows] == [True] * 6 + [False] * 6
    assert [second in row.figures for row in comparison.rows] == [False] * 6 + [True] * 6
