"""Which trainings an experiment asks for, and where it finds them again."""

import dataclasses

import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.evaluation.target import make_defended_target
from aaa_tf.experiments import paper_models, paper_runs
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper import DENOISER, THRESHOLD, load_experiment
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.training.run_directory import open_run
from tests.conftest import IMAGE_SHAPE, build_tiny_classifier


@pytest.fixture
def asked(monkeypatch):
    """(run directory, configuration, natives) of each training, none of which takes place."""
    asked = []

    def train_classifier(dataset, config, *, run_dir):
        asked.append((run_dir, config, ()))
        return build_tiny_classifier(len(asked))

    def train_autoencoder(dataset, natives, config, *, run_dir):
        asked.append((run_dir, config, tuple(native.name for native in natives)))
        return build_autoencoder("conv", image_shape=IMAGE_SHAPE, seed=config.seed)

    monkeypatch.setattr(paper_models.runs, "train_classifier", train_classifier)
    monkeypatch.setattr(paper_models.runs, "train_autoencoder", train_autoencoder)
    monkeypatch.setattr(
        paper_models.runs, "summarize_training", lambda run_dir: {"train_steps": 6000}
    )
    monkeypatch.setattr(paper_models, "read_commit", lambda run_dir: "abc")
    return asked


def make_models(name, dataset, budget="cpu"):
    (part,) = load_experiment(name).parts
    models = paper_models.PaperModels(
        dataset, part, BUDGETS[budget], runs_dir="r", log=lambda line: None
    )
    return part.rows, models


def test_each_model_is_trained_once_and_the_headlines_once_a_seed(asked, tiny_dataset):
    rows, models = make_models("table4", tiny_dataset)
    (part,) = load_experiment("table4").parts
    for seed in (0, 1):
        for row in rows:
            if seed >= part.num_seeds(row, 2):
                continue
            target, _ = models.target(row, seed)
            assert (target.name, target.role, target.defence) == (
                row.classifier,
                row.role,
                row.defence,
            )
    run_dirs = [run_dir for run_dir, _, _ in asked]
    expected = ["r/classifiers/tiny_A_cpu", "r/classifiers/tiny_B_cpu", "r/classifiers/tiny_C_cpu"]
    expected.append("r/tiny_denoiser_A_cpu")
    expected += [f"r/classifiers/tiny_{x}_adversarial_cpu" for x in "AC"]
    expected += [f"r/tiny_{loss}_AB_cpu" for loss in ("xent", "mse", "xent_mse", "xent_mse")]
    expected[-1] += "_seed1"
    assert sorted(run_dirs) == sorted(expected)
    for run_dir, config, natives in asked:
        assert config.seed == int(run_dir.endswith("_seed1"))
        assert config.eps == 0.3
        expected = {"AB": ("A", "B"), "denoiser_A": ("A",)}
        assert natives == next((n for key, n in expected.items() if key in run_dir), ())
    assert [training["seed"] for training in models.trainings] == [0] * 6 + [1]
    # The first is known from earlier results too, without its configuration.
    first = models.trainings[0]
    models.record({key: value for key, value in first.items() if key != "config"})
    assert len(models.trainings) == 7
    assert "config" not in models.trainings[0]
    models.record(first)
    models.record(None)
    assert len(models.trainings) == 7
    assert models.trainings[0] == first
    planned = paper_runs.PaperRuns(tiny_dataset, part, BUDGETS["cpu"], runs_dir="r").needed(2)
    assert planned == {run_dir: config for run_dir, config, _ in asked}


def test_rows_that_share_an_autoencoder_differ_in_the_classifier_alone(asked, tiny_dataset):
    rows, models = make_models("table4", tiny_dataset)
    native, transfer = (models.target(row, 0)[0] for row in rows if row.defence == "AAA xent_mse")
    again = make_defended_target(models.classifier("C"), models.autoencoder("xent_mse", 0))
    assert transfer.fingerprint == again.fingerprint != native.fingerprint


def test_only_the_papers_budget_asks_for_the_wide_network(asked, tiny_dataset):
    for budget, name in (("cpu", "madry_cifar10_narrow"), ("paper", "D")):
        rows, models = make_models("table2_cifar10", tiny_dataset, budget)
        models.target(rows[1], 0)
        run_dir, config, natives = asked[-1]
        assert run_dir == f"r/tiny_xent_DEF_{budget}"
        assert config.native == (name, "E", "F")
        assert config.autoencoder == "unet"
        assert natives == ("D", "E", "F")


def test_the_sceptics_rows_have_attacks_of_their_own_and_no_adversary(asked, tiny_dataset):
    rows, models = make_models("table4", tiny_dataset)
    (threshold,), (denoiser,) = (
        [row for row in rows if row.defence == defence] for defence in (THRESHOLD, DENOISER)
    )
    target, (column,) = models.target(threshold, 0)
    assert {type(attack).__name__ for attack in column.attacks} == {
        "PGD", "PixelFlips", "Transfer", "Square",
    }  # fmt: skip
    assert {attack.eps for attack in column.attacks} == {0.3}
    images = np.float32([0.4, 0.6] * 64).reshape(2, *IMAGE_SHAPE)
    bare = models.classifier("A").logits_fn
    np.testing.assert_array_equal(target.logits_fn(images), bare(np.round(images)))
    assert models.target(denoiser, 0)[1] == ()
    _, config, _ = asked[-1]
    assert (config.loss, config.warmup_steps, config.train_steps) == ("mse", 12000, 12000)
    assert [t["recipe"].split(",")[0] for t in models.trainings] == ["uniform noise"]


def test_a_training_is_told_with_its_recipe(asked, tiny_dataset):
    rows, models = make_models("table4", tiny_dataset)
    for row in rows:
        if row.defence in ("adversarial training", "AAA xent_mse"):
            models.target(row, 0)
    told = {(t["defence"], *t["classifiers"]): t["recipe"] for t in models.trainings}
    assert told == {
        ("adversarial training", "A"): "PGD-7, step 0.1",
        ("adversarial training", "C"): "PGD-7, step 0.1",
        ("AAA xent_mse", "A", "B"): "PGD-3, step 0.25, averaged weights, shifts up to 1 px",
    }
    steps = {config.model: config.train_steps for _, config, _ in asked if config.eps == 0.3
             and getattr(config, "adversarial", False)}  # fmt: skip
    assert steps == {"A": 6000, "C": 36000}


def test_a_folder_of_another_training_is_told_before_any(tmp_path, tiny_dataset):
    (part,) = load_experiment("table4").parts
    planned = paper_runs.PaperRuns(tiny_dataset, part, BUDGETS["cpu"], runs_dir=tmp_path)
    planned.require_same(2)
    run_dir, config = planned.autoencoder("xent_mse", 1)
    open_run(run_dir, dataclasses.replace(config, train_steps=77, ramp_steps=0, warmup_steps=0))
    planned.require_same(1)
    with pytest.raises(InputError, match="_seed1 holds another run: .*train_steps is 77"):
        planned.require_same(2)
