"""What stands in results, and that a later call never leaves less than an earlier one."""

import json

import numpy as np
import pytest

from aaa_tf.data import Dataset, Split
from aaa_tf.errors import InputError
from aaa_tf.evaluation import html
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper import Experiment, load_experiment
from aaa_tf.experiments.paper_notes import make_notes
from aaa_tf.experiments.results_writer import ResultsWriter
from aaa_tf.experiments.seed_means import NOT_ASKED_FOR, NOT_YET
from tests.paper_results import CPU, PART, report_of


def make_dataset(name, num_test=10_000):
    parts = [Split(np.zeros((n, 2, 2, 1), np.float32), np.zeros(n, int)) for n in (2, 2, num_test)]
    return Dataset(name, *parts, ("0", "1"))


def make_writer(folder, budget=CPU, name="mnist", seeds=1, rows=()):
    experiment = Experiment("table4", "MNIST", "table 4", (PART,))
    return ResultsWriter(experiment, budget, {"mnist": make_dataset(name)}, folder, seeds, rows)


def missing_in(folder):
    return json.loads((folder / "results.json").read_text())["num_missing"]


@pytest.fixture(autouse=True)
def pages(monkeypatch):
    """Reports as pages without their plots, which take a second each and are tested elsewhere."""
    monkeypatch.setattr(html, "write_html", lambda report, path: path.write_text(report["dataset"]))


@pytest.fixture
def complete(tmp_path):
    writer = make_writer(tmp_path)
    for index in (0, 1):
        writer.add_report(PART, index, 0, report_of(index))
    writer.finish()
    assert missing_in(tmp_path) == 0
    return tmp_path


def test_rows_are_written_as_they_come(tmp_path):
    make_writer(tmp_path).add_report(PART, 0, 0, report_of(0))
    assert missing_in(tmp_path) == 3
    assert len(json.loads((tmp_path / "losses.json").read_text())["rows"]) == 1


def test_files_of_an_earlier_call_stay_until_as_much_is_measured(complete):
    before = {path.name: path.read_bytes() for path in complete.iterdir()}
    writer = make_writer(complete)
    writer.add_report(PART, 0, 0, report_of(0))
    assert {path.name: path.read_bytes() for path in complete.iterdir()} == before
    writer.add_report(PART, 1, 0, report_of(1, num_robust=7))
    assert (complete / "losses.json").read_bytes() != before["losses.json"]
    assert missing_in(complete) == 0


def test_nothing_that_an_earlier_call_measured_is_lost(complete):
    """As many figures are not the same figures, and one seed is less than two."""
    before = {path.name: path.read_bytes() for path in complete.iterdir()}
    writer = make_writer(complete, seeds=2)
    for seed in (0, 1):
        writer.add_report(PART, 1, seed, report_of(1))
    with pytest.raises(InputError, match=r"4 figures .* such as A, none, AutoAttack; .* --reuse="):
        writer.finish()
    assert {path.name: path.read_bytes() for path in complete.iterdir()} == before
    writer.add_report(PART, 0, 0, report_of(0))
    writer.finish()
    assert missing_in(complete) == 0
    writer = make_writer(complete)
    for index in (0, 1):
        writer.add_report(PART, index, 0, report_of(index))
    with pytest.raises(InputError, match=r"4 figures .* such as A, AAA xent"):
        writer.finish()
    assert (complete / "losses_seed1.json").exists()


def test_rows_that_are_not_asked_for_say_so(tmp_path):
    writer = make_writer(tmp_path, rows=["A none"])
    reasons = {f["defence"]: f["missing"] for f in writer.results["parts"][0]["figures"]}
    assert reasons == {"none": NOT_YET, "AAA xent": NOT_ASKED_FOR}


def test_rows_remember_who_measured_them(tmp_path):
    writer = make_writer(tmp_path)
    for index, machine in enumerate(("first", "second")):
        report = report_of(index)
        report["environment"] |= {"machine": machine, "recorded": f"2026-01-0{index + 1}"}
        writer.add_report(PART, index, 0, report)
    merged = json.loads((tmp_path / "losses.json").read_text())
    assert [row["origins"][0]["machine"] for row in merged["rows"]] == ["first", "second"]
    assert merged["environment"]["machine"] not in ("first", "second")
    assert merged["seconds"] == pytest.approx(7 * 12.34, abs=0.1)
    text = (tmp_path / "results.md").read_text()
    assert "| A AAA | second | bin/evaluate --dataset=mnist" in text


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({"budget": BUDGETS["smoke"]}, "table4, budget cpu, on mnist, not of table4, budget smoke"),
        ({"name": "digits_for_mnist"}, "on mnist, not of table4, budget cpu, on digits_for_mnist"),
    ],
)
def test_results_of_something_else_are_not_replaced(complete, changes, there):
    with pytest.raises(InputError, match=there):
        make_writer(complete, **changes)


@pytest.mark.parametrize("damage", ["[]", '{"parts": 7', "no figures"])
def test_damaged_results_are_told(complete, damage):
    path = complete / "results.json"
    if damage == "no figures":
        damage = json.dumps(json.loads(path.read_text()) | {"parts": [{"dataset": "mnist"}]})
    path.write_text(damage)
    with pytest.raises(InputError, match=r"results.json is damaged"):
        make_writer(complete)


def test_seeds_that_are_still_to_come_are_missing(tmp_path):
    writer = make_writer(tmp_path, seeds=3)
    for index, seed in ((0, 0), (1, 0), (1, 1)):
        writer.add_report(PART, index, seed, report_of(index))
    figures = writer.results["parts"][0]["figures"]
    assert {f["seeds_missing"] for f in figures if f["defence"] == "none"} == {0}
    assert {f["seeds_missing"] for f in figures if f["defence"] != "none"} == {1}
    assert missing_in(tmp_path) == 4
    assert "mean of 2 seeds ± 0.00, 1 more seed(s) missing" in (tmp_path / "results.md").read_text()


def test_a_later_seed_may_lack_a_dear_column(tmp_path):
    """It is written without AutoAttack first, while the first seed has it."""
    writer = make_writer(tmp_path, seeds=2)
    cheap = report_of(1)
    cheap["rows"][0]["columns"] = [
        column for column in cheap["rows"][0]["columns"] if column["name"] != "AutoAttack"
    ]
    for seed, report in ((0, report_of(1)), (1, cheap)):
        writer.add_report(PART, 1, seed, report)
    found = {f["column"]: f for f in writer.results["parts"][0]["figures"] if "by_seed" in f}
    assert len(found["AutoAttack"]["by_seed"]) == 1
    assert found["AutoAttack"]["seeds_missing"] == 1
    assert len(found["PGD"]["by_seed"]) == 2
    assert found["PGD"]["seeds_missing"] == 0


def test_notes_name_models_and_data_that_are_not_the_papers_and_corruptions_once():
    (part,) = load_experiment("figure1").parts
    report = {"rows": [{"corruptions": {"notes": ["frost is drawn"]}}]}
    reports = {(0, 0): report, (1, 0): report, (2, 0): {"rows": [{}]}}
    notes = make_notes(part, BUDGETS["cpu"], make_dataset("cifar10", 2000), reports)
    assert notes == [
        "madry_cifar10_narrow stands for D within this budget",
        "the data at hand are a part of cifar10, 2,000 of its 10,000 test images",
        "our corruptions: frost is drawn",
    ]
    assert make_notes(part, BUDGETS["paper"], make_dataset("cifar10"), {}) == []
    assert make_notes(part, BUDGETS["paper"], make_dataset("digits_for_cifar10", 9), {}) == []
