import re

import pytest

from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.comparison_text import format_comparison, verdicts
from tests.made_up_report import make_report


def headings(comparison, adversary="adaptive"):
    return [text for c, text in comparison.columns.items() if c.adversary == adversary]


def with_attack(**changes):
    """A report whose PGD column has other parameters."""
    report = make_report()
    report["protocol"]["columns"][0]["attacks"][0].update(changes)
    return report


def test_the_same_protocol_shares_columns():
    comparison = compare_reports({"a": make_report(), "b": make_report(title="other")})
    assert headings(comparison) == ["PGD-100, Linf 0.3", "CW, L2 3", "AutoAttack, Linf 0.3"]
    assert comparison.notes == []
    assert [row.label for row in comparison.rows][5:7] == ["1: C/AAA", "2: A/none"]


def test_other_parameters_of_an_attack_make_another_column_beside_it():
    comparison = compare_reports({"a": make_report(), "b": with_attack(num_restarts=2)})
    assert headings(comparison)[:2] == [
        "PGD-100, Linf 0.3, num_restarts 50",
        "PGD-100, Linf 0.3, num_restarts 2",
    ]
    first, second = list(comparison.columns)[1:3]
    assert [first in row.figures for row in comparison.rows] == [True] * 6 + [False] * 6
    assert [second in row.figures for row in comparison.rows] == [False] * 6 + [True] * 6


def test_another_attack_under_the_same_name_makes_another_column():
    report = make_report()
    del report["protocol"]["columns"][2]["attacks"][3]
    comparison = compare_reports({"a": make_report(), "b": report})
    assert len(headings(comparison)) == 4
    assert "Square num_steps not told" in headings(comparison)[3]


def test_another_seed_shares_the_column_and_is_named():
    report = with_attack(seed=7)
    report["protocol"]["seed"] = 7
    comparison = compare_reports({"a": make_report(), "b": report})
    assert len(headings(comparison)) == 3
    assert comparison.notes == ["The reports differ in seed: 0 in 1; 7 in 2."]


@pytest.mark.parametrize("changes", [{"dataset": "digits"}, {"split": "validation"}])
def test_another_data_set_shares_no_column(changes):
    comparison = compare_reports({"a": make_report(), "b": make_report(**changes)})
    assert len(headings(comparison)) == 6
    assert headings(comparison, "clean")[0] == "mnist test (10,000), clean"
    assert "differ in data set" in comparison.notes[0]
    for column in comparison.columns:
        assert len({row.number for row in comparison.rows if column in row.figures}) == 1


def test_number_of_examples_and_suite_are_named():
    report = make_report(num_examples=500)
    report["protocol"]["suite"] = "quick"
    notes = compare_reports({"a": make_report(), "b": report}).notes
    assert "The reports differ in images: 1,000 in 1; 500 in 2." in notes
    assert "The reports differ in suite: paper_mnist in 1; quick in 2." in notes


def test_adaptive_and_oblivious_figures_never_share_a_column():
    comparison = compare_reports({"": make_report()})
    order = [column.adversary for column in comparison.columns]
    assert order == ["clean", "adaptive", "adaptive", "adaptive", "oblivious"]
    texts = [row.figures.get(list(comparison.columns)[4]) for row in comparison.rows]
    assert [text is None for text in texts] == [True, False] * 3


def test_interval_goes_once_all_images_were_measured():
    def first_figure(report):
        row = compare_reports({"": report}).rows[1]
        return next(f.text for c, f in row.figures.items() if c.adversary == "adaptive")

    assert first_figure(make_report()) == "93.40 (91.69 to 94.78)"
    assert first_figure(make_report(num_available=1000)) == "93.40"


def test_terminal_table():
    report = make_report()
    report["rows"][1]["columns"][0] |= {"by_seed": [0.93, 0.94], "mean": 0.935, "deviation": 0.007}
    text = format_comparison(compare_reports({"runs/a": report, "b": with_attack(num_steps=9)}))
    lines = text.splitlines()
    assert lines[0].startswith("1  runs/a  mnist, autoencoder")
    assert "1,000 of 10,000 test images, suite paper_mnist" in lines[0]
    head = next(number for number, line in enumerate(lines) if "classifier" in line)
    row = next(line for line in lines if re.match(r"1 +A +native +AAA", line))
    cells = re.split(r" {2,}", row)
    assert cells[4:8] == [
        "1,000", "99.20 (98.43 to 99.59)", "93.40 (91.69 to 94.78)", "-",
    ]  # fmt: skip
    assert row.index("93.40") == lines[head].index("PGD-100")
    below = lines[lines.index(row) + 1]
    assert below.strip() == "93.50 ± 0.70, 2 seeds"
    assert below.index("93.50") == row.index("93.40")
    assert lines[-1].startswith("oblivious: ")


def test_verdicts_are_of_adaptive_figures_only():
    comparison = compare_reports({"": make_report()})
    found = {
        (row.label, column.name): verdict for row, column, verdict in verdicts(comparison, 88.5)
    }
    assert len(found) == 18
    assert found["A/AAA", "PGD-100"] == "above 88.50"
    assert found["A/AAA", "AutoAttack"] == "not told apart from 88.50"
    assert found["A/none", "CW"] == "below 88.50"
    text = format_comparison(comparison, against=88.5)
    assert "A/AAA, AutoAttack, Linf 0.3: 90.20 is not told apart from 88.50" in text
