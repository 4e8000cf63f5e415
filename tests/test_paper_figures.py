"""Our figures beside published ones: verdicts, seeds, differences, and what is missing."""

import dataclasses

import keras
import numpy as np
import pytest

from aaa_tf.data import Split
from aaa_tf.evaluation.html import write_reproduction
from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper import Part, Row
from aaa_tf.experiments.paper_figures import column_key, make_figures
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_sections import make_sections
from aaa_tf.experiments.reconstructions import reconstruct
from tests.made_up_report import make_report

CPU, SMOKE = BUDGETS["cpu"], BUDGETS["smoke"]
ROWS = (
    Row("A", "native", "none", "table 4, row 1", {"clean": 99.0, "PGD": 0}),
    Row("A", "native", "AAA xent", "table 4, row 2", {"clean": 90.0, "PGD": 97.0, "CW": 95.1}),
)
PART = Part("losses", "mnist", ("A",), ("PGD", "CW"), False, (), ("PGD: 100 steps",), (), ROWS)


def report_of(index, num_robust=None):
    """The made-up report of row 0 (undefended A) or 1 (defended A), alone."""
    report = make_report()
    report["rows"] = [report["rows"][index]]
    column = report["rows"][0]["columns"][0]
    column["num_robust"] = column["num_robust"] if num_robust is None else num_robust
    column["robust_accuracy"] = column["num_robust"] / 1000
    column["interval"] = list(wilson_interval(column["num_robust"], 1000))
    return report


def figures_by_name(part, budget, reports):
    figures = make_figures(part, budget, reports)
    return {(f["classifier"], f["defence"], f["column"]): f for f in figures}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("PGD-100", "PGD"),
        ("PGD-20-mse", "PGD-mse"),
        ("PGD-2-mse+xent", "PGD-mse+xent"),
        ("CW-L2", "CW-L2"),
        ("APGD-L2", "APGD-L2"),
        ("latent, bottleneck alone", "latent, bottleneck alone"),
    ],
)
def test_a_column_is_known_without_its_number_of_steps(name, key):
    assert column_key(name) == key


def test_a_figure_carries_what_a_reader_needs():
    figure = figures_by_name(PART, CPU, {(1, 0): report_of(1)})["A", "AAA xent", "PGD"]
    assert figure["published"] == 97.0
    assert figure["source"] == "table 4, row 2"
    assert figure["budget"] == "cpu"
    assert (figure["num_examples"], figure["num_available"]) == (1000, 10000)
    assert figure["attack"] == "PGD-100, Linf 0.3, step 0.01, 100 steps, 50 restart(s)"
    assert figure["accuracy"] == 0.934
    assert figure["interval"] == pytest.approx(wilson_interval(934, 1000), abs=1e-9)
    assert figure["after_restarts"] == [0.939, 0.934]
    assert figure["deviation"] is None


def test_verdicts_ask_the_whole_interval():
    found = figures_by_name(PART, CPU, {(0, 0): report_of(0), (1, 0): report_of(1)})
    verdicts = {key[1:]: figure.get("verdict") for key, figure in found.items()}
    assert verdicts == {
        ("none", "clean"): "not told apart from 99.00",
        ("none", "PGD"): "not told apart from 0.00",
        ("none", "CW"): "no published figure",
        ("none", "AutoAttack"): "no published figure",
        ("AAA xent", "clean"): "above 90.00",
        ("AAA xent", "PGD"): "below 97.00",
        ("AAA xent", "CW"): "not told apart from 95.10",
        ("AAA xent", "AutoAttack"): "no published figure",
    }


def test_smoke_never_claims_anything():
    for figure in make_figures(PART, SMOKE, {(0, 0): report_of(0), (1, 0): report_of(1)}):
        assert figure["verdict"] == "smoke, says nothing"
        assert figure["budget"] == "smoke"


def test_what_was_not_measured_is_named_with_its_reason():
    part = dataclasses.replace(PART, columns=("PGD", "CW", "latent"))
    found = figures_by_name(part, CPU, {(0, 0): report_of(0)})
    assert found["A", "none", "latent"]["missing"] == "the evaluation gave no figure for it"
    for column in ("clean", "PGD", "CW", "latent"):
        figure = found["A", "AAA xent", column]
        assert figure["missing"] == "not evaluated yet; the same command goes on"
        assert "accuracy" not in figure


def test_seeds_give_their_mean_and_the_widest_interval():
    reports = {(1, seed): report_of(1, count) for seed, count in enumerate((900, 940, 950))}
    figure = figures_by_name(PART, CPU, reports)["A", "AAA xent", "PGD"]
    assert figure["by_seed"] == [0.9, 0.94, 0.95]
    assert figure["accuracy"] == pytest.approx(0.93)
    assert figure["deviation"] == pytest.approx(np.sqrt((0.03**2 + 0.01**2 + 0.02**2) / 2))
    low, high = wilson_interval(900, 1000)[0], wilson_interval(950, 1000)[1]
    assert figure["interval"] == [low, high]
    # The mean and the best seed alone would be above 91.
    rows = (ROWS[0], dataclasses.replace(ROWS[1], published={"PGD": 91.0}))
    part = dataclasses.replace(PART, rows=rows)
    figure = figures_by_name(part, CPU, reports)["A", "AAA xent", "PGD"]
    assert figure["verdict"] == "not told apart from 91.00"


def test_corruptions_are_held_against_the_same_classifier_without_defence():
    part = dataclasses.replace(PART, columns=(), corruptions=True)
    reports = {(0, 0): report_of(0), (1, 0): report_of(1)}
    for report, by_severity in zip(reports.values(), ((0.9, 0.5), (0.8, 0.7)), strict=True):
        accuracy = {"fog": dict(zip("12", by_severity, strict=True))}
        report["rows"][0]["corruptions"] |= {"accuracy": accuracy, "num_examples": 1000}
        report["rows"][0]["columns"] = []
    found = figures_by_name(part, CPU, reports)
    natural, defended = (found["A", d, "corruption fog"] for d in ("none", "AAA xent"))
    assert natural["accuracy"] == pytest.approx(0.7)
    assert natural["difference"] is None
    assert defended["difference"] == pytest.approx(0.05)
    assert defended["interval"] == list(wilson_interval(750, 1000))
    missing = figures_by_name(part, CPU, {(0, 0): reports[0, 0]})
    assert "not evaluated yet" in missing["A", "AAA xent", "corruption"]["missing"]


def make_results(figures, **changes):
    part = {
        "name": "losses",
        "dataset": "mnist",
        "published_dataset": "mnist",
        "protocol": ["PGD"],
        "statements": ["The paper says <so>."],
        "notes": ["our corruptions: frost is drawn"],
        "figures": figures,
        "reconstructions": [],
        "trainings": [],
    }
    return {
        "title": "MNIST <b>",
        "source": "table 4",
        "budget": "cpu",
        "budget_description": "hours",
        "is_smoke": False,
        "seeds": 1,
        "num_missing": sum("missing" in figure for figure in figures),
        "parts": [part],
        "command": "bin/reproduce --experiment=table4",
        "environment": {"python": "3.11"},
    } | changes


def write_page(results, path):
    page = {"title": results["title"], "results": results, "pictures": {}}
    write_reproduction(page | {"sections": make_sections(results)}, path)
    return path.read_text()


def test_markdown_and_page_tell_the_same_and_hide_nothing(tmp_path):
    results = make_results(make_figures(PART, CPU, {(1, 0): report_of(1)}))
    markdown = format_markdown(results, pictures={})
    page = write_page(results, tmp_path / "results.html")
    for text in (
        "97.00 / 93.40 (91.69 to 94.78), below",
        "95.10 / 95.10 (93.58 to 96.27), not told apart",
        "- / 90.20 (88.20 to 91.89)",
        "99.00 / missing",
        "below 97.00",
        "table 4, row 2",
        "PGD-100, Linf 0.3, step 0.01, 100 steps, 50 restart(s)",
        "1,000 of 10,000",
        "missing: not evaluated yet; the same command goes on",
        "93.90, 93.40",
        "Note: our corruptions: frost is drawn.",
        "bin/reproduce --experiment=table4",
    ):
        assert text in markdown
        assert text in page
    assert "**3 figure(s) are missing" in markdown
    assert "3 figures are missing" in page
    assert "MNIST &lt;b&gt;" in page
    assert "<so>" not in page
    assert "Smoke" not in page + markdown


def test_smoke_is_marked_at_the_top(tmp_path):
    figures = make_figures(PART, SMOKE, {(0, 0): report_of(0), (1, 0): report_of(1)})
    results = make_results(figures, is_smoke=True, budget="smoke")
    markdown = format_markdown(results, pictures={})
    page = write_page(results, tmp_path / "results.html")
    assert markdown.index("Smoke") < markdown.index("##")
    assert page.index("Smoke: measures nothing") < page.index("Losses")
    (table,) = (t for t in make_sections(results)[0]["tables"] if "clean" in t["headings"])
    assert len(table["lines"]) == 2
    for line in table["lines"]:
        assert all(cell.endswith(", smoke") for cell in line[3:])


def test_reconstructions_of_known_autoencoders(rng):
    split = Split(rng.random((6, 4, 4, 1), np.float32), np.zeros(6, np.int32))
    inputs = keras.Input((4, 4, 1))
    same = keras.Model(inputs, keras.layers.Identity()(inputs))
    half = keras.Model(inputs, keras.layers.Rescaling(0.5)(inputs))
    found = reconstruct({"xent": same, "mse": half}, split, num_examples=5)
    by_image = (split.images[:5] ** 2).mean(axis=(1, 2, 3)) / 4
    assert found.errors[0]["mean_squared_error"] == 0
    assert found.errors[1]["mean_squared_error"] == pytest.approx(by_image.mean(), rel=1e-5)
    deviation = by_image.std(ddof=1) / np.sqrt(5)
    assert found.errors[1]["standard_error"] == pytest.approx(deviation, rel=1e-4)
    assert found.headings == ("input", "xent", "mse")
    assert found.pictures.shape == (3, 3, 4, 4, 1)
    np.testing.assert_array_equal(found.sheet()[4:8, 8:], split.images[1] / 2)
