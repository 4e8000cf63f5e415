"""What the pages show of checks and curves."""

import pytest

from aaa_tf.evaluation import html as pages
from aaa_tf.evaluation import page_sections
from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.comparison_wording import mark_oblivious
from aaa_tf.evaluation.page_sections import gather_checks
from tests.html_page import Page
from tests.made_up_report import make_report


def test_no_raised_check_is_said(tmp_path):
    report = make_report()
    report["rows"] = report["rows"][:2]
    page = Page(pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "None of the 2 checks of gradient masking was raised." in page.text
    assert "Warnings" not in page.text


def test_curves_of_other_threat_models_are_not_overlaid(tmp_path):
    other = make_report()
    other["protocol"]["columns"][0]["eps"] = 0.1
    comparison = compare_reports({"a": make_report(), "b": other})
    text = pages.write_comparison(comparison, tmp_path / "c.html").read_text(encoding="utf-8")
    assert text.count("Figures against eps") == 1
    assert text.count("Figures against steps") == 2


def test_costs_are_told_for_each_attack_and_the_seconds_once():
    rows = compare_reports({"": make_report()}).rows
    first, second = page_sections.gather_costs(rows)[:2]
    assert first["label"] == "A/none"
    assert first["attack"] == "PGD-100"
    assert first["counts"] == [58, 123456, 0]
    assert (first["column"], second["column"]) == ("PGD-100, Linf 0.3", "CW, L2 3")


def test_a_check_stands_once_with_what_each_row_showed():
    report = make_report()
    checks = page_sections.gather_checks(compare_reports({"": report}).rows)
    names = [check["name"] for check in checks]
    assert len(set(names)) == len(names)
    raised = [check["is_raised"] for check in checks]
    assert raised == sorted(raised, reverse=True)
    assert raised[0]
    for check in checks:
        assert check["is_raised"] == any(outcome == "raised" for _, outcome, _ in check["found"])


def test_a_check_that_could_not_be_made_is_not_called_not_raised(tmp_path):
    report = make_report()
    report["rows"] = report["rows"][:2]
    report["rows"][1]["checks"][0]["found"] = "skipped: no transfer source was given"
    for row in report["rows"]:
        row["checks"][1]["found"] = "skipped: the model gives none"
    checks = gather_checks(compare_reports({"": report}).rows)
    assert [check["outcomes"] for check in checks] == ["not raised, skipped", "skipped"]
    assert [outcome for _, outcome, _ in checks[0]["found"]] == ["not raised", "skipped"]
    text = pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "was raised; 2 of them could not be made on every pipeline, as told below." in text


def test_a_raised_check_is_called_raised_whatever_was_skipped():
    report = make_report()
    report["rows"][0]["checks"][0]["found"] = "skipped: the model gives none"
    check = gather_checks(compare_reports({"": report}).rows)[0]
    assert (check["is_raised"], check["is_skipped"], check["outcomes"]) == (True, True, "raised")


@pytest.mark.parametrize(
    ("heading", "adversary", "expected"),
    [
        ("PGD-20, Linf 0.3", "adaptive", "PGD-20, Linf 0.3"),
        ("PGD-20, Linf 0.3", "oblivious", "PGD-20, Linf 0.3 (oblivious)"),
        ("PGD-20, oblivious, Linf 0.3", "oblivious", "PGD-20, oblivious, Linf 0.3"),
    ],
)
def test_a_heading_says_once_that_its_adversary_is_oblivious(heading, adversary, expected):
    assert mark_oblivious(heading, adversary) == expected


def test_the_images_say_whose_they_are(tmp_path):
    report = make_report(examples_of="A/AAA, under PGD-100")
    grid = {"images": [[[[0.5]]]], "predictions_clean": [3]}
    text = pages.write_html(report, tmp_path / "r.html", examples=grid).read_text(encoding="utf-8")
    assert "Of A/AAA, under PGD-100. What the adversary made of an image" in text


def test_a_long_label_may_break_after_slashes_and_a_short_one_stays_whole(tmp_path):
    report = make_report()
    report["rows"][0]["classifier"] = "folder/<classifier>.keras"
    text = pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8")
    assert '<th scope="row">folder/<wbr>&lt;classifier&gt;.keras/<wbr>none<span' in text
    assert '<th scope="row">A/AAA<span' in text


def test_lines_of_convergence_have_a_legend_of_the_rows_that_have_one(tmp_path):
    report = make_report()
    for row in report["rows"][2:]:
        del row["columns"][1]["loss_curves"]
    text = pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8")
    section = text[text.index("<h2>Convergence") : text.index("<h2>Loss surface")]
    legend = section[section.index('<ul class="legend">') : section.index("</ul>")]
    assert [name in legend for name in ("A/none", "A/AAA", "B/none", "C/AAA")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert legend.count("<svg") == 2  # pieces of the lines: colours repeat, with another dash
