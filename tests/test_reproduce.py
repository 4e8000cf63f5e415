"""An experiment of the paper, end to end on embedded data: killed, continued, and told plainly."""

import json
import os
import subprocess
import sys

import pytest

from aaa_tf.cli import reproduce as command
from aaa_tf.errors import InputError
from aaa_tf.evaluation.report_schema import load_report
from aaa_tf.experiments import reproduce as module
from aaa_tf.experiments.paper import NAMES, load_experiment
from aaa_tf.experiments.reproduce import reproduce
from tests.test_readme import flags_of


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def killed_and_continued(tmp_path_factory):
    """(folder, results of the killed run, files it had finished with their times, results)."""
    folder = tmp_path_factory.mktemp("reproduce")
    where = {"budget": "smoke", "output": folder / "out", "runs_dir": folder / "runs"}

    def kill_before_the_last_row(line):
        if line == "evaluating C, AAA xent":
            raise Killed

    with pytest.raises(Killed):
        reproduce("table2_mnist", **where, log=kill_before_the_last_row)
    first = json.loads((folder / "out/results.json").read_text())
    finished = times(folder)
    return folder, first, finished, reproduce("table2_mnist", **where, log=lambda line: None)


def times(folder):
    """When each checkpoint and each finished round of an attack was written."""
    paths = [*folder.glob("runs/**/checkpoints/**/*"), *folder.glob("runs/**/partial/*")]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def test_a_killed_run_leaves_the_rows_it_had(killed_and_continued):
    _, first, _, _ = killed_and_continued
    figures = first["parts"][0]["figures"]
    missing = [(f["classifier"], f["defence"], f["column"]) for f in figures if "missing" in f]
    assert missing == [("C", "AAA xent", "clean"), ("C", "AAA xent", "PGD")]
    assert first["num_missing"] == 2


def test_the_same_call_repeats_nothing_that_is_finished(killed_and_continued):
    folder, first, finished, results = killed_and_continued
    assert len(finished) > 14
    now = times(folder)
    assert {path: now[path] for path in finished} == finished
    # One more evaluation: PGD of the last row, adaptive and oblivious.
    assert len(now) == len(finished) + 2
    (before,), (after,) = (r["parts"] for r in (first, results))
    kept = [figure for figure in before["figures"] if "missing" not in figure]
    assert after["figures"][: len(kept)] == kept


def test_every_row_of_the_table_stands_beside_the_published_one(killed_and_continued):
    folder, _, _, results = killed_and_continued
    assert results == json.loads((folder / "out/results.json").read_text())
    assert results["num_missing"] == 0
    assert results["is_smoke"]
    (part,) = results["parts"]
    assert (part["dataset"], part["published_dataset"]) == ("digits_for_mnist", "mnist")
    found = {(f["classifier"], f["defence"], f["column"]): f for f in part["figures"]}
    for row in load_experiment("table2_mnist").parts[0].rows:
        for column, published in row.published.items():
            figure = found[row.classifier, row.defence, column]
            assert figure["published"] == published
            assert figure["verdict"] == "smoke, says nothing"
            assert figure["num_examples"] == 16
            low, high = figure["interval"]
            assert 0 <= low <= figure["accuracy"] <= high <= 1
    trained = [(t["defence"], *t["classifiers"]) for t in part["trainings"]]
    by_hand = [("adversarial training", letter) for letter in "ABC"]
    assert sorted(trained) == [("AAA xent", "A", "B", "C"), *by_hand]
    assert all(training["num_gradient_evaluations"] > 0 for training in part["trainings"])


def test_pages_and_reports_lie_beside_the_results(killed_and_continued):
    folder, _, _, results = killed_and_continued
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {"results.json", "results.md", "results.html", "ensemble.json", "ensemble.html"}
    report = load_report(folder / "out/ensemble.json")
    assert [row["defence"] for row in report["rows"]] == ["adversarial training", "AAA xent"] * 3
    markdown = (folder / "out/results.md").read_text()
    assert "Smoke" in markdown
    assert "table 2, MNIST, model B, AAA" in markdown
    assert results["title"] in (folder / "out/results.html").read_text()


def test_rows_that_another_folder_has_are_not_trained_again(killed_and_continued, tmp_path):
    folder, _, _, before = killed_and_continued
    where = {"output": tmp_path / "out", "runs_dir": tmp_path / "runs"}
    lines = []
    results = reproduce(
        "table2_mnist", budget="smoke", reuse=[folder / "out"], log=lines.append, **where
    )
    taken = [line for line in lines if line.startswith("taking over")]
    # Without an undefended row nothing proves that the autoencoder stands before the same natives.
    assert taken == [f"taking over {x}, adversarial training, seed 0" for x in "ABC"]
    assert not list(tmp_path.glob("runs/classifiers/*adversarial*"))
    (part,), (earlier,) = results["parts"], before["parts"]
    assert results["num_missing"] == 0
    kept = [f for f in earlier["figures"] if f["defence"] == "adversarial training"]
    assert [f for f in part["figures"] if f["defence"] == "adversarial training"] == kept
    assert [t for t in earlier["trainings"] if len(t["classifiers"]) == 1] == [
        t for t in part["trainings"] if len(t["classifiers"]) == 1
    ]


def test_what_would_be_lost_in_the_end_is_told_at_the_start(killed_and_continued, tmp_path):
    """Without a training: the folder has rows, or seeds, that the call leaves out."""
    folder, _, _, before = killed_and_continued
    where = {"budget": "smoke", "output": folder / "out", "runs_dir": tmp_path / "runs"}
    with pytest.raises(InputError, match="has PGD of A, adversarial training, seed 0, which this"):
        reproduce("table2_mnist", **where, rows=["A AAA xent"])
    assert not (tmp_path / "runs").exists()
    # The autoencoder's rows cannot be taken over either; see the test above.
    with pytest.raises(InputError, match="PGD of A, AAA xent, .* nor takes over, .* in --rows too"):
        reproduce("table2_mnist", **where, reuse=[folder / "out"],
                  rows=["A adversarial training"])  # fmt: skip
    results = json.loads((folder / "out/results.json").read_text())
    assert results == before
    for figure in results["parts"][0]["figures"]:
        figure["by_seed"] *= 2
    (folder / "out/results.json").write_text(json.dumps(results))
    with pytest.raises(InputError, match="PGD of A, AAA xent, seed 1, which this call does not"):
        reproduce("table2_mnist", **where)
    (folder / "out/results.json").write_text(json.dumps(before))


@pytest.mark.parametrize("budget", ["cpu", "smoke"])
def test_data_that_are_not_there_are_told_before_any_training(budget, tmp_path, monkeypatch):
    def refuse(name, data_dir):
        raise InputError(f"{name} is not in {data_dir}")

    monkeypatch.setattr(module, "load_dataset", refuse)
    with pytest.raises(InputError, match="cifar10 is not in /nowhere"):
        reproduce("figure1", budget=budget, output=tmp_path / "out", runs_dir=tmp_path / "runs",
                  data_dir="/nowhere")  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget": "large"}, "unknown budget 'large'; known: cpu, paper, smoke"),
        ({"seeds": 0}, "seeds must be at least 1, not 0"),
        ({"name": "table3", "seeds": 2}, "table3 has no row whose training is repeated"),
        ({"rows": ["A AAA"]}, "unknown row 'A AAA'; known: A AAA mse, A AAA xent, A AAA xent_mse"),
    ],
)
def test_wrong_input_is_refused(changes, message, tmp_path):
    values = {"name": "table4", "budget": "smoke", "output": tmp_path / "out"} | changes
    with pytest.raises(InputError, match=message):
        reproduce(**values)


def test_command_names_its_experiments_and_refuses_others():
    assert NAMES == (
        "figure1", "supplement", "table2_cifar10", "table2_mnist", "table3", "table4", "table5",
    )  # fmt: skip
    assert flags_of(command) == [
        "experiment", "budget", "data_dir", "output", "runs_dir", "reuse", "rows", "seeds",
    ]  # fmt: skip
    process = subprocess.run(
        [sys.executable, "-m", "aaa_tf.cli.reproduce", "--experiment=table9"],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert process.returncode == 2
    line = process.stderr.strip().splitlines()[-1]
    assert line == f"error: unknown experiment 'table9'; known: {', '.join(NAMES)}"
