import itertools
import re

import numpy as np
import pytest

from aaa_tf.evaluation import html as pages
from aaa_tf.evaluation.comparison import compare_reports
from tests.html_page import Page
from tests.made_up_report import make_report

HARMFUL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def examples():
    images = np.random.default_rng(0).random((2, 8, 8, 1), np.float32)
    names = ("images", "adversarial_images", "purified_images")
    predictions = ("predictions_clean", "predictions_adversarial_bare", "predictions_adversarial")
    return dict.fromkeys(names, images) | dict.fromkeys(predictions, np.array([3, 7]))


@pytest.fixture(scope="module")
def full(tmp_path_factory, examples):
    path = tmp_path_factory.mktemp("page") / "report.html"
    return pages.write_html(make_report(), path, examples=examples).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    reports = {"a": make_report(), "b": make_report(title="other", num_examples=500)}
    path = tmp_path_factory.mktemp("page") / "compare.html"
    pages.write_comparison(compare_reports(reports), path, against=88.5)
    return path.read_text(encoding="utf-8")


def test_pages_need_nothing_from_outside(full, compared):
    for text in (full, compared):
        assert "<script" not in text
        assert "@import" not in text
        assert "@font-face" not in text
        for tag, attributes in Page(text).elements:
            assert tag not in ("link", "script", "iframe", "object")
            for name in ("src", "href", "xlink:href", "srcset"):
                assert attributes.get(name, "#").startswith(("#", "data:"))
        for address in re.findall(r"url\(([^)]*)\)", text):
            assert address.startswith("#")


def test_pages_are_accessible(full, compared):
    for text in (full, compared):
        page = Page(text)
        assert ("html", {"lang": "en"}) in page.elements
        levels = [level for level, _ in page.headings]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        for tag, attributes in page.elements:
            if tag == "img":
                assert attributes["alt"]
            if tag == "svg":
                assert "aria-label" in attributes or attributes["aria-hidden"] == "true"
            if attributes.get("class") == "box":
                assert attributes["tabindex"] == "0"
                assert attributes["aria-label"]
        names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(names) == len(set(names))


def test_warnings_come_first_then_the_table(full):
    text = Page(full).text
    order = [
        "6 pipelines measured on",
        "Warnings: robustness may be overstated",
        "C/AAA: Square broke 14 of 200",
        "Report the worst case of both",
        "Correctly classified images in percent",
        "93.40 (91.69 to 94.78)",
        "Robust accuracy against the adversary's means",
        "What the adversary made of an image",
        "Common corruptions",
        "Per class",
        "Convergence",
        "Loss surface",
        "Checks of gradient masking",
        "num_restarts 50",
        "4,321 seconds in all",
        "bin/evaluate --dataset=mnist --suite=paper_mnist",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "1,000 of the 10,000 test images of mnist" in " ".join(text.split())


def test_oblivious_figures_are_labelled_and_stand_apart(full):
    header = full[full.index("<thead>") : full.index("</thead>")]
    assert header.count("(oblivious)") == 1
    assert header.index("adaptive: attacks") < header.index("oblivious: attacks the bare")
    assert len(re.findall(r'class="figure [^"]*oblivious">9', full)) == 3


def test_every_figure_of_the_report_is_there(full):
    text = Page(full).text
    for row in make_report()["rows"]:
        for column in row["columns"]:
            assert f"{100 * column['robust_accuracy']:.2f} (" in text
    assert "123,456" in text


def test_a_bare_report_leaves_its_sections_out(tmp_path):
    report = make_report(num_examples=1000, num_available=1000)
    for key in ("environment", "command", "seconds"):
        del report[key]
    for row in report["rows"]:
        for key in ("surface", "corruptions", "checks", "curves"):
            del row[key]
        for column in row["columns"]:
            for key in (
                "per_class",
                "num_gradients",
                "num_queries",
                "broken_by",
                "seconds",
                "loss_curves",
            ):
                column.pop(key, None)
    page = Page(pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert [text for level, text in page.headings if level > 1] == ["Results", "Attacks", "Cost"]
    assert "No check of gradient masking was run." in page.text
    assert "93.40 (" not in page.text
    assert "93.40" in page.text
    assert "all 1,000 test images" in page.text
    assert "Wilson" not in page.text


def test_seeds_stand_beside_the_figure(tmp_path):
    report = make_report()
    report["rows"][1]["columns"][0] |= {"by_seed": [0.93, 0.94], "mean": 0.935, "deviation": 0.007}
    text = pages.write_html(report, tmp_path / "r.html").read_text(encoding="utf-8")
    assert 'to 94.78)<span class="note">93.50 ± 0.70, 2 seeds</span>' in text


def test_text_of_a_report_is_escaped(tmp_path):
    report = make_report(title=HARMFUL, dataset=HARMFUL, command=HARMFUL, split=HARMFUL)
    report["environment"] = {HARMFUL: HARMFUL}
    report["protocol"]["suite"] = HARMFUL
    report["protocol"]["columns"][0]["attacks"][0][HARMFUL] = HARMFUL
    for row in report["rows"]:
        row |= {"classifier": HARMFUL, "role": HARMFUL, "defence": HARMFUL}
        row["columns"][0]["name"] = HARMFUL
        row["columns"][0]["num_queries"] = {HARMFUL: 1}
        row["columns"][0]["per_class"][0]["class"] = HARMFUL
        row["corruptions"] = {"name": HARMFUL, "accuracy": {HARMFUL: {HARMFUL: 0.5, "2": 0.4}}}
        row["checks"] = [dict.fromkeys(row["checks"][0], HARMFUL) | {"is_raised": True}]
    comparison = compare_reports({HARMFUL: report, "b": make_report()})
    for path in (
        pages.write_html(report, tmp_path / "report.html"),
        pages.write_comparison(comparison, tmp_path / "compare.html"),
    ):
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        Page(text)


def test_the_comparison_names_what_differs_and_holds_against(compared):
    text = " ".join(Page(compared).text.split())
    assert "The reports differ in images: 1,000 in 1; 500 in 2." in text
    assert "Adaptive figures are held against 88.50" in text
    assert '<span class="note">not told apart from 88.50</span>' in compared
    assert "1: A/AAA" in text
    assert "2: C/none" in text
    assert compared.count("Against eps") == 1


def test_the_default_baseline_is_the_same_classifier_without_a_defence(compared):
    assert "Accuracy minus that of the same classifier without a defence, in" in compared
    table = compared[compared.index("<h3>mnist_c") :]
    assert "+1.50" in table
    assert '<th scope="col" class="number">1: A/AAA</th>' in table
    assert '<th scope="col" class="number">1: A/none</th>' not in table


def luminance(colour):
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_have_contrast_in_light_dark_and_print(full):
    themes = re.findall(r":root \{(.*?)\}", full, re.DOTALL)
    assert len(themes) == 3
    for theme in themes:
        colour = dict(re.findall(r"--([\w-]+): (#\w{6});", theme))
        # WCAG 2.1: 4.5 for text, 3 for graphical objects.
        for ink, page in (("ink", "page"), ("muted", "page"), ("ink", "band"), ("muted", "band")):
            assert contrast(colour[ink], colour[page]) >= 4.5
        assert contrast(colour["warn-ink"], colour["warn-page"]) >= 4.5
        assert contrast(colour["warn-ink"], colour["page"]) >= 4.5
        for index in range(8):
            assert contrast(colour[f"series-{index}"], colour["page"]) >= 3
