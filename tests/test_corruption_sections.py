"""What the pages show of common corruptions, and against which baseline."""

import re

import pytest

from aaa_tf.errors import InputError
from aaa_tf.evaluation import html as pages
from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.corruption_sections import gather_corruptions
from tests.html_page import Page
from tests.made_up_report import make_report


def test_a_baseline_is_chosen_or_refused(tmp_path):
    comparison = compare_reports({"": make_report()})
    path = pages.write_comparison(comparison, tmp_path / "c.html", baseline="A/AAA")
    text = path.read_text(encoding="utf-8")
    assert "Accuracy minus that of A/AAA, in percentage points" in text
    assert "-1.50" in text
    with pytest.raises(InputError, match="unknown baseline row 'D/none'; known: A/AAA, A/none"):
        pages.write_comparison(comparison, tmp_path / "d.html", baseline="D/none")
    assert not (tmp_path / "d.html").exists()


def test_other_corruptions_are_not_held_against_the_baseline(tmp_path):
    other = make_report(title="other")
    for row in other["rows"]:
        row["corruptions"]["name"] = "generated"
    other["rows"] = other["rows"][1:2]
    comparison = compare_reports({"a": make_report(), "b": other})
    text = pages.write_comparison(comparison, tmp_path / "c.html").read_text(encoding="utf-8")
    assert (
        "the same classifier without a defence was not measured on these corruptions. "
        "Rows: 2: A/AAA." in text
    )
    text = pages.write_comparison(comparison, tmp_path / "c.html", baseline="A/none").read_text()
    assert "No difference can be shown: no row is named A/none here. Rows: 2: A/AAA." in text
    assert "Accuracy minus that of 1: A/none, in percentage points" in text


def test_each_classifier_is_held_against_itself_in_its_own_report():
    """As in the paper's figure 1; A is not the measure of C, nor the first report of the second."""
    reports = {}
    for name, naturals in (("a", {"A": 0.9, "C": 0.5}), ("b", {"A": 0.8, "C": 0.6})):
        reports[name] = make_report(title=name)
        for row in reports[name]["rows"]:
            accuracy = naturals.get(row["classifier"], 0.1)
            accuracy += 0.05 * (row["defence"] != "none")
            row["corruptions"]["accuracy"] = {"fog": {"1": accuracy}}
    (group,) = gather_corruptions(compare_reports(reports).rows, "")
    names = ("A/AAA", "B/AAA", "C/AAA")
    assert group["labels"] == [f"{number}: {name}" for number in (1, 2) for name in names]
    assert group["table"] == [("fog", ["+5.00"] * 6)]
    assert group["left_out"] == []
    reports = {"a": make_report(), "b": make_report()}  # rows alike are still two
    (group,) = gather_corruptions(compare_reports(reports).rows, "A/none")
    assert "2: A/none" in group["labels"]
    assert "1: A/none" not in group["labels"]


def test_severities_and_notes_of_corruptions(tmp_path):
    report = make_report()
    for row in report["rows"]:
        row["corruptions"]["accuracy"] = {"fog": {"1": 0.9, "5": 0.6}, "frost": {"1": 0.5}}
    page = Page(pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "2,000 images of each type and severity." in page.text
    assert page.text.count("Zigzag is of this program's own making.") == 1
    assert page.text.count("By severity:") == 6
    assert page.text.count("75.00") == 6
    (table,) = re.findall(r"By severity: A/AAA.*?frost(.*?)By severity", page.text, re.DOTALL)
    assert table.strip() == "50.00-"


def test_corruptions_of_other_images_are_not_compared(tmp_path):
    other = make_report()
    for row in other["rows"]:
        row["corruptions"]["num_examples"] = 100
    comparison = compare_reports({"a": make_report(), "b": other})
    text = pages.write_comparison(comparison, tmp_path / "c.html").read_text(encoding="utf-8")
    assert text.count("Accuracy minus that of the same classifier without a defence, in") == 2
