"""Run directories from a shipped model: what comes out of them is what was shipped, to the bit."""

import json
import pathlib
import shutil
import sys

import numpy as np
import pytest

from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.job_classifiers import read_classifiers
from aaa_tf.experiments.paper_models import PaperModels
from aaa_tf.experiments.paper_runs import PaperRuns
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.models.pretrained import find_pretrained, load_pretrained
from aaa_tf.training.run_directory import read_config
from aaa_tf.training.runs import summarize_training
from benchmarks import restore_runs
from tests.conftest import load_prepared

RESULTS = pathlib.Path(__file__).parents[1] / "results"


def require_same_weights(ours, theirs):
    for weight, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize(
    ("name", "experiment", "dataset"),
    [("mnist_xent_mse", "table4", "mnist"), ("fashion_mnist_xent_mse", "table5", "fashion_mnist")],
)
def test_an_experiment_goes_on_from_a_shipped_model(
    name, experiment, dataset, tmp_path, monkeypatch
):
    data = load_prepared(dataset)
    monkeypatch.setattr(restore_runs, "load_dataset", lambda name: data)
    arguments = ["", name, f"--experiment={experiment}", f"--runs_dir={tmp_path}"]
    monkeypatch.setattr(sys, "argv", arguments)
    restore_runs.main()
    part = paper.load_experiment(experiment).parts[0]
    models = PaperModels(data, part, BUDGETS["cpu"], runs_dir=tmp_path, log=print)
    require_same_weights(models.autoencoder("xent_mse", 0), load_pretrained(name))
    (training,) = models.trainings
    assert training["seconds"] > 1000
    for folder in RESULTS.glob(f"{experiment}*_cpu/seed*/"):
        seed = read_config(folder)["seed"]
        require_same_weights(models.autoencoder("xent_mse", seed), load_autoencoder(folder))
        assert models.trainings[-1]["seed"] == seed
    images = data.test.images[:50]
    for path, named, options in read_classifiers(find_pretrained(name)):
        theirs = load_classifier(path, **options).logits_fn(images)
        ours = models.classifier(named["name"]).logits_fn(images)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_weights_without_results_bring_what_their_training_cost(tmp_path, mnist):
    folder, cost = tmp_path / "seed", {"seconds": 5.0, "num_gradient_evaluations": 7}
    folder.mkdir()
    for name in ("autoencoder.keras", "config.json", "metrics.csv"):
        shutil.copy(find_pretrained("mnist_xent_mse") / name, folder)
    (folder / "training.json").write_text(json.dumps(cost | {"last_num_steps": 3}))
    part = paper.load_experiment("table4").parts[0]
    runs = PaperRuns(mnist, part, BUDGETS["cpu"], runs_dir=tmp_path)
    restore_runs.restore_autoencoder(folder, runs, mnist, [])
    run_dir, config = runs.autoencoder("xent_mse", 0)
    steps = {"train_steps": config.train_steps, "last_num_steps": 3}
    assert summarize_training(run_dir) == cost | steps
