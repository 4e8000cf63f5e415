"""benchmarks/recipes.py: what it plans, one recipe through all of it, and its second call."""

import dataclasses
import importlib
import pathlib

import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier

BENCHMARKS = pathlib.Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("recipes")


def parse(benchmark, tmp_path, *argv):
    return benchmark.parse_arguments(["--smoke", "--output", str(tmp_path), *argv])


def test_every_recipe_is_a_valid_configuration_of_mnist(benchmark):
    arguments = benchmark.parse_arguments(["--minutes", "10", "20"])
    assert arguments.budgets == [(10, "minutes"), (20, "minutes")]
    configs = {name: benchmark.make_config(name, 6000, arguments) for name in arguments.recipes}
    assert configs["pgd40"].step_size == pytest.approx(0.01)  # the paper's, section 4
    assert configs["fgsm"].step_size == pytest.approx(1.25 * 0.3)
    assert (configs["pgd7"].warmup_steps, configs["pgd7"].ramp_steps) == (200, 400)
    per_image = {
        name: benchmark.planned_gradients(config) / 128 for name, config in configs.items()
    }
    assert per_image["pgd7"] == 200 + 5800 * 8
    assert per_image["fgsm"] == 200 + 5800 * 2
    assert per_image["free8"] == 6000
    assert per_image["curriculum"] == 200 + 1450 * (4 + 8 + 21 + 41)
    assert per_image["trades7"] == 200 * 2 + 5800 * 9


def test_budgets_are_turned_into_updates(benchmark, tmp_path, monkeypatch):
    arguments = parse(benchmark, tmp_path, "--gradients", "1")
    # Batches of 32: 10 updates, one of them warm-up, cost 32 * (1 + 9 * 2) = 608.
    for number, expected in ((607, 9), (608, 10), (1, 1)):
        budget = (number, "gradients")
        assert benchmark.plan_train_steps("fgsm", budget, None, None, arguments) == expected
    monkeypatch.setattr(benchmark, "seconds_per_update", lambda *parts: 0.5)
    assert benchmark.plan_train_steps("fgsm", (10, "minutes"), None, None, arguments) == 1200


def test_an_update_is_timed_over_the_parts_of_a_curriculum(benchmark, tiny_dataset, tiny_config):
    config = dataclasses.replace(tiny_config, step_curriculum=(1, 3), warmup_steps=0)
    native = freeze_keras("f", build_tiny_classifier())
    assert 0 < benchmark.seconds_per_update(tiny_dataset, native, config) < 60


def test_one_recipe_from_data_to_table_and_the_next_one_after_a_stop(
    benchmark, tmp_path, monkeypatch, capsys
):
    argv = ["--smoke", "--output", str(tmp_path), "--gradients", "640", "--num_examples", "4"]
    benchmark.main([*argv, "--recipes", "fgsm"])
    table = (tmp_path / "results.md").read_text().splitlines()
    assert "digits, eps 0.1, native A, first 4 test images" in table[0]
    (row,) = [line for line in table if line.startswith("| fgsm | 640 gradients | 10 | 608 |")]
    made_up = {
        "num_examples": 4, "clean_accuracy": 1.0, "pgd_accuracy": 0.75, "robust_accuracy": 0.5,
    }  # fmt: skip
    monkeypatch.setattr(benchmark, "evaluate", lambda *parts: made_up)
    benchmark.main([*argv, "--recipes", "fgsm", "free8"])
    table = (tmp_path / "results.md").read_text().splitlines()
    assert row in table  # read, not measured again: the made-up accuracies are not there
    (row,) = [line for line in table if line.startswith("| free8 | 640 gradients | 20 | 640 |")]
    assert row.endswith("| 100.0 | 75.0 | 50.0 |")
    assert (tmp_path / "results.png").stat().st_size > 10_000
    assert "free8, 640 gradients: 20 updates" in capsys.readouterr().out
    other = tmp_path / "other.keras"
    build_tiny_classifier(num_classes=10, image_shape=(28, 28, 1)).save(other)
    with pytest.raises(InputError, match="begun with another classifier"):
        benchmark.main([*argv, "--recipes", "fgsm", f"--classifier={other}"])
