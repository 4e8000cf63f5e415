"""Our figures beside published ones: verdicts, seeds, differences, and what is missing."""

import dataclasses

import numpy as np
import pytest

from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.experiments.paper_figures import column_key, make_figures
from tests.paper_results import CPU, PART, ROWS, SMOKE, report_of


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


def test_a_dear_column_is_still_to_come():
    rows = (ROWS[0], dataclasses.replace(ROWS[1], also=("Square",)))
    figures = figures_by_name(dataclasses.replace(PART, rows=rows), CPU, {(1, 0): report_of(1)})
    missing = figures["A", "AAA xent", "Square"]["missing"]
    assert missing == "not evaluated yet; the same command goes on"


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
    again = report_of(1)
    again["rows"][0] |= {"columns": [], "corruptions": reports[1, 0]["rows"][0]["corruptions"] | {
        "accuracy": {"fog": {"1": 0.9, "2": 0.8}}}}  # fmt: skip
    seeds = figures_by_name(part, CPU, reports | {(1, 1): again})["A", "AAA xent", "corruption fog"]
    assert seeds["by_seed"] == pytest.approx([0.75, 0.85])
    assert seeds["accuracy"] == pytest.approx(0.8)
    assert seeds["difference"] == pytest.approx(0.1)
    missing = figures_by_name(part, CPU, {(0, 0): reports[0, 0]})
    assert "not evaluated yet" in missing["A", "AAA xent", "corruption"]["missing"]


def test_a_column_of_a_later_seed_alone_waits_for_the_first():
    """Figures of several seeds stand in their order, by which they are taken over later."""
    short, whole = report_of(1), report_of(1)
    (row,) = short["rows"]
    row["columns"] = [c for c in row["columns"] if c["name"] != "AutoAttack"]
    found = figures_by_name(PART, CPU, {(1, 0): short, (1, 1): whole})
    assert len(found["A", "AAA xent", "PGD"]["by_seed"]) == 2
    assert ("A", "AAA xent", "AutoAttack") not in found
    found = figures_by_name(PART, CPU, {(1, 0): whole, (1, 1): short})
    assert len(found["A", "AAA xent", "AutoAttack"]["by_seed"]) == 1
