"""Which rows of earlier results are taken over, and which are measured again."""

import dataclasses
import json

import numpy as np
import pytest

from aaa_tf.config import AAAConfig, to_dict
from aaa_tf.data import Dataset, Split
from aaa_tf.errors import InputError
from aaa_tf.evaluation import html
from aaa_tf.experiments.paper import THRESHOLD, Experiment, Row
from aaa_tf.experiments.paper_runs import describe_recipe
from aaa_tf.experiments.results_writer import ResultsWriter
from aaa_tf.experiments.reused_rows import ReusedRows
from tests.paper_results import CPU, PART, ROWS, SMOKE, report_of

PART = dataclasses.replace(
    PART,
    columns=("PGD",),
    rows=(*ROWS, Row("A", "native", THRESHOLD, "not in the paper", {}, ("PGD",))),
)
OWN = "attacks made for a threshold"
CONFIG = AAAConfig(native=("A",), loss="xent", train_steps=100)
TRAINING = {
    "defence": "AAA xent",
    "classifiers": ["A"],
    "seed": 0,
    "recipe": describe_recipe(CONFIG),
    "train_steps": 100,
    "seconds": 7.0,
    "num_gradient_evaluations": 12,
    "git_commit": "0123456789",
}


def make_dataset(name="mnist"):
    parts = [Split(np.zeros((n, 2, 2, 1), np.float32), np.zeros(n, int)) for n in (2, 2, 10_000)]
    return Dataset(name, *parts, ("0", "1"))


class Runs:
    """PaperRuns whose autoencoders are trained as `config` says."""

    def __init__(self, config=CONFIG):
        self.autoencoder = lambda loss, seed: ("", config)


def report_within_the_budget(index, row):
    """A made-up report as the budget cpu has it: 5 restarts, columns called as ours are."""
    report = report_of(min(index, 1))
    (measured,), told = report["rows"], report["protocol"]["columns"]
    told[0]["attacks"][0]["num_restarts"] = 5
    measured |= {"defence": row.defence, "fingerprint": f"{index}"}
    for column in measured["columns"]:
        if column["adversary"] == "oblivious":
            column["name"] = "PGD-100, oblivious"
    told.append(told[0] | {"name": "PGD-100, oblivious", "adversary": "oblivious"})
    if row.defence == THRESHOLD:
        measured["columns"].append(measured["columns"][0] | {"name": OWN})
        told.append(told[0] | {"name": OWN})
    return report


def write_results(folder, seeds=1):
    experiment = Experiment("table4", "MNIST", "table 4", (PART,))
    writer = ResultsWriter(experiment, CPU, {"mnist": make_dataset()}, folder, seeds)
    writer.trainings["losses"] = [TRAINING | {"seed": seed} for seed in range(seeds)]
    for index, row in enumerate(PART.rows):
        for seed in range(seeds if row.loss else 1):
            writer.add_report(PART, index, seed, report_within_the_budget(index, row))
    writer.finish()
    return folder


@pytest.fixture(autouse=True)
def pages(monkeypatch):
    """No page is read here, and its plots take seconds."""
    monkeypatch.setattr(html, "write_html", lambda report, path: None)


@pytest.fixture
def folder(tmp_path):
    return write_results(tmp_path)


def num_correct(folder):
    rows = json.loads((folder / "losses.json").read_text())["rows"]
    return next(row["num_correct"] for row in rows if row["defence"] == "none")


def find(folder, row=ROWS[1], seed=0, **changes):
    values = {
        "part": PART, "budget": CPU, "dataset": make_dataset(), "runs": Runs(),
        "count_correct": lambda letter: num_correct(folder),
    } | changes  # fmt: skip
    return ReusedRows([folder], **values).find(row, seed)


def test_rows_that_were_measured_alike_are_taken_over(folder):
    report, training = find(folder)
    assert training == TRAINING
    (row,) = report["rows"]
    # The adaptive and the oblivious adversary, without the column that this part does not have.
    assert [c["name"] for c in row["columns"]] == ["PGD-100", "CW", "PGD-100, oblivious"]
    assert [c["name"] for c in report["protocol"]["columns"]] == [
        "PGD-100", "CW", "PGD-100, oblivious",
    ]  # fmt: skip
    assert report["seconds"] == pytest.approx(3 * 12.34, abs=0.1)
    assert row["origins"][0]["command"].startswith("bin/evaluate")
    report, training = find(folder, ROWS[0])
    assert training is None
    assert [row["defence"] for row in report["rows"]] == ["none"]
    report, _ = find(folder, PART.rows[2])
    assert OWN in [column["name"] for column in report["rows"][0]["columns"]]


def test_a_row_of_another_seed_stands_before_the_natives_of_the_first(tmp_path):
    write_results(tmp_path, seeds=2)
    _, training = find(tmp_path, seed=1)
    assert training["seed"] == 1
    assert find(tmp_path, seed=1, count_correct=lambda letter: 7) is None
    assert find(tmp_path, seed=2) is None


def test_rows_are_there_after_the_files_have_been_replaced(folder):
    reused = ReusedRows([folder], PART, CPU, make_dataset(), Runs(), lambda letter: 990)
    (folder / "losses.json").unlink()
    assert reused.find(ROWS[1], 0)


def change(folder, edit, name="losses.json"):
    path = folder / name
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_other_attacks_images_or_recipes_are_not_taken_over(folder):
    def set_restarts(report, number):
        report["protocol"]["columns"][0]["attacks"][0]["num_restarts"] = number

    change(folder, lambda report: set_restarts(report, 4))
    assert find(folder) is None
    change(folder, lambda report: set_restarts(report, 5))
    assert find(folder)
    change(folder, lambda report: report.update(num_available=9_000))
    assert find(folder) is None
    change(folder, lambda report: report.update(num_available=10_000))
    for number, is_taken in ((100, False), (1000, True)):
        change(folder, lambda report, n=number: [r.update(num_examples=n) for r in report["rows"]])
        assert bool(find(folder)) == is_taken
    for lambda_, is_taken in ((CONFIG.lambda_, True), (CONFIG.lambda_ + 1, False)):
        whole = to_dict(dataclasses.replace(CONFIG, lambda_=lambda_))
        change(
            folder,
            lambda results, whole=whole: results["parts"][0]["trainings"][0].update(config=whole),
            "results.json",
        )
        assert bool(find(folder)) == is_taken


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"budget": SMOKE},
        {"dataset": make_dataset("digits_for_mnist")},
        {"part": dataclasses.replace(PART, dataset="fashion_mnist")},
        {"part": dataclasses.replace(PART, corruptions=True)},
        {"part": dataclasses.replace(PART, natives=("A", "B"))},
        {"row": dataclasses.replace(ROWS[1], also=("APGD-L2",))},
        {"row": dataclasses.replace(ROWS[1], defence="AAA mse")},
        {"row": dataclasses.replace(ROWS[1], classifier="C")},
        {"runs": Runs(dataclasses.replace(CONFIG, train_steps=101))},
        {"runs": Runs(dataclasses.replace(CONFIG, max_shift=1))},
        {"count_correct": lambda letter: 7},
    ],
)
def test_what_would_be_measured_otherwise_is_measured_again(folder, changes):
    assert find(folder, **changes) is None


def test_a_role_is_that_of_the_table_which_takes_the_row(folder):
    report, _ = find(folder, dataclasses.replace(ROWS[1], role="transfer"))
    assert report["rows"][0]["role"] == "transfer"


def test_folders_without_results_are_told(folder, tmp_path):
    with pytest.raises(InputError, match=r"nowhere holds no results.json to take rows from"):
        find(tmp_path / "nowhere")
    change(folder, lambda report: report["rows"][0].pop("num_correct"))
    with pytest.raises(InputError, match=r"losses.json has a row without num_correct"):
        find(folder, count_correct=lambda letter: 0)
    for damage in ('{"budget": "cpu"}', "[]", '{"budget": "cpu", "parts": [{}]}'):
        (folder / "results.json").write_text(damage)
        with pytest.raises(InputError, match=r"results.json is damaged"):
            find(folder, count_correct=lambda letter: 0)
