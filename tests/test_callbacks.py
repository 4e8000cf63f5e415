import csv
import dataclasses

import pytest

from aaa_tf.config import ClassifierConfig
from aaa_tf.training import callbacks, runs
from aaa_tf.training.callbacks import ProgressBar
from tests.tiny_training import Training


def test_plateau_lowers_the_rate_after_patience_epochs(tiny_config, tmp_path):
    config = dataclasses.replace(
        tiny_config, learning_rate_schedule="plateau", plateau_patience=2, train_steps=8,
        steps_per_epoch=1,
    )  # fmt: skip
    training = Training(config, tmp_path)
    # Improves up to the third epoch, then stays: two epochs of patience, then a tenth, twice.
    training.run(val_loss=lambda epoch: max(3.0 - epoch, 1.0))
    rate = float(training.optimizer.learning_rate)
    assert rate == pytest.approx(config.learning_rate / 100)


def test_plateau_takes_any_improvement_for_one(tiny_config, tmp_path):
    """A squared error is small, and so is what it falls by in an epoch."""
    config = dataclasses.replace(
        tiny_config, learning_rate_schedule="plateau", plateau_patience=1, train_steps=8,
        steps_per_epoch=1,
    )  # fmt: skip
    training = Training(config, tmp_path)
    training.run(val_loss=lambda epoch: 0.01 - 2e-5 * epoch)
    assert float(training.optimizer.learning_rate) == pytest.approx(config.learning_rate)


def test_csv_lines_cut_off_by_a_loss_of_power_are_left_out(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss\n0,0.5\n1,0.4\n2\n1\0\0\n\0\0,0.3\n")
    callbacks.trim_csv(path, 5)
    assert path.read_text().split() == ["epoch,loss", "0,0.5", "1,0.4"]


def test_csv_lines_beyond_the_checkpoint_are_written_again(tiny_config, tmp_path):
    Training(tiny_config, tmp_path).run()
    lines = (tmp_path / "metrics.csv").read_text()
    callbacks.trim_csv(tmp_path / "metrics.csv", 1)
    assert (tmp_path / "metrics.csv").read_text().split() == lines.split()[:2]
    callbacks.trim_csv(tmp_path / "metrics.csv", 0)
    assert (tmp_path / "metrics.csv").read_text() == ""


def test_a_natural_training_shows_no_attack_and_writes_its_cost(tiny_dataset, tmp_path, capsys):
    config = ClassifierConfig(
        dataset="tiny", model="C", train_steps=2, batch_size=20, steps_per_epoch=2,
        validation_examples=12, validation_num_steps=2, precision="float32",
    )  # fmt: skip
    runs.train_classifier(tiny_dataset, config, run_dir=tmp_path)
    shown = capsys.readouterr().out
    assert "val_loss" in shown
    assert "num_" not in shown
    (line,) = csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines())
    assert float(line["num_steps"]) == 0
    assert float(line["num_gradients"]) == 2 * 20


@pytest.mark.parametrize(("num_steps", "is_shown"), [(0.0, False), (7.0, True)])
def test_the_bar_shows_an_attack_and_leaves_the_logs_of_others_alone(capsys, num_steps, is_shown):
    bar, logs = ProgressBar(), {"loss": 1.5, "num_steps": num_steps}
    bar.set_params({"verbose": 1, "epochs": 1, "steps": 2})
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, logs)
    logs["num_gradients"] = 256
    bar.on_epoch_end(0, logs)
    shown = capsys.readouterr().out
    assert "loss: 1.5000" in shown
    assert ("num_steps: 7.0000" in shown) == is_shown
    assert ("num_steps" in shown) == is_shown
    assert "num_gradients" not in shown
    assert logs == {"loss": 1.5, "num_steps": num_steps, "num_gradients": 256}
