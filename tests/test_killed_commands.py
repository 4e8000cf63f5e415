"""Kill and resume: a command that was killed ends where an unbroken one does."""

import json
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.command_line import OWN, SMALL, make_folder, succeed_here


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("workplace"))


def start(folder, run_dir):
    return subprocess.Popen(
        [sys.executable, "-m", "aaa_tf.cli.train_aaa", OWN, "--native=mine.keras,other.keras",
         "--transfer=", *SMALL, "--deterministic", "--ema_momentum=0.9", "--train_steps=60",
         "--steps_per_epoch=9", "--checkpoint_every=4", "--learning_rate_schedule=plateau",
         "--plateau_patience=1", "--eval_num_examples=4", f"--run_dir={run_dir}",
         f"--export_dir={run_dir}_exported"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError(f"{text!r} never came:\n{''.join(lines)}")


def test_a_killed_evaluation_goes_on_where_it_was(workplace):
    flags = [OWN, "--preset=smoke", "--num_examples=20", "--checks=0", "--classifier=mine.keras",
             "--eps=0.02", "--step_size=0.001", "--num_steps=40", "--num_restarts=30"]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "aaa_tf.cli.evaluate", *flags, "--report_dir=killed"],
        cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        read_until(process, "PGD-40: 20% done")
        process.kill()
        process.stdout.read()
    assert not (workplace / "killed/report.json").exists()
    printed = succeed_here("evaluate", *flags, "--report_dir=killed", cwd=workplace)
    assert "goes on after the rounds kept in" in printed
    assert "PGD-40: 3% done" not in printed
    succeed_here("evaluate", *flags, "--report_dir=whole", cwd=workplace)
    killed, whole = (json.loads((workplace / folder / "report.json").read_text())["rows"][0]
                     ["columns"][0] for folder in ("killed", "whole"))  # fmt: skip
    for key in ("num_robust_after", "num_gradients", "broken_by"):
        assert killed[key] == whole[key]


@pytest.fixture(scope="module")
def unbroken(workplace):
    process = start(workplace, "unbroken")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return workplace


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(unbroken):
    """Killed once without a warning, and once with one."""
    run_dir = "broken"
    for epoch, number in (("Epoch 2/7", signal.SIGKILL), ("Epoch 4/7", signal.SIGTERM)):
        process = start(unbroken, run_dir)
        with process:
            read_until(process, epoch)
            process.send_signal(number)
            process.stdout.read()
        assert process.returncode == (-9 if number == signal.SIGKILL else 143)
    process = start(unbroken, run_dir)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert "Epoch 4/7" in output or "Epoch 5/7" in output
    assert "Epoch 3/7" not in output
    whole, resumed = (
        keras.models.load_model(unbroken / name / "autoencoder.keras").get_weights()
        for name in ("unbroken", run_dir)
    )
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    metrics = [(unbroken / name / "metrics.csv").read_text() for name in ("unbroken", run_dir)]
    assert metrics[0] == metrics[1]
