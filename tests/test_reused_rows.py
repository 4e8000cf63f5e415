"""Which rows of earlier results are taken over, and which are measured again."""

import dataclasses
import json

import numpy as np
import pytest

from aaa_tf.config import AAAConfig
from aaa_tf.data import Dataset, Split
from aaa_tf.errors import InputError
from aaa_tf.experiments.paper import Experiment
from aaa_tf.experiments.paper_runs import describe_recipe
from aaa_tf.experiments.results_writer import ResultsWriter
from aaa_tf.experiments.reused_rows import ReusedRows
from tests.paper_results import CPU, PART, ROWS, SMOKE, report_of

PART = dataclasses.replace(PART, columns=("PGD",))
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


@pytest.fixture
def folder(tmp_path):
    experiment = Experiment("table4", "MNIST", "table 4", (PART,))
    writer = ResultsWriter(experiment, CPU, {"mnist": make_dataset()}, tmp_path, 1)
    writer.trainings["losses"] = [TRAINING]
    for index, row in enumerate(ROWS):
        report = report_of(index)
        report["rows"][0]["defence"] = row.defence
        writer.add_report(PART, index, 0, report)
    writer.finish()
    return tmp_path


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
    # The adaptive and the oblivious adversary, without the columns that this part does not have.
    assert [c["name"] for c in row["columns"]] == ["PGD-100", "PGD-100"]
    report, training = find(folder, ROWS[0])
    assert training is None
    assert [row["defence"] for row in report["rows"]] == ["none"]


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
    (folder / "results.json").write_text('{"budget": "cpu"}')
    with pytest.raises(InputError, match=r"results.json is damaged"):
        find(folder, count_correct=lambda letter: 0)
