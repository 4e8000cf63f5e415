"""The commands as a user runs them."""

import json
import os
import subprocess
import sys

import numpy as np

from tests.conftest import build_tiny_classifier, make_split

OWN = "--dataset=own.npz"
SMALL = ["--preset=smoke", "--batch_size=20", "--validation_examples=6", "--autoencoder=conv"]


def run(command, *flags, cwd, **environment):
    """Runs bin/<command> in the environment of the tests; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", f"aaa_tf.cli.{command}", *map(str, flags)],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def succeed(command, *flags, cwd):
    process = run(command, *flags, cwd=cwd)
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


def fail(command, *flags, cwd, **environment):
    """The one line that a command ends with when its input cannot be used."""
    process = run(command, *flags, cwd=cwd, **environment)
    assert process.returncode == 2, process.stderr[-3000:]
    lines = process.stderr.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert "Traceback" not in process.stderr
    return lines[-1]


def make_folder(folder):
    """Fills a user's folder: own data, and two own classifiers."""
    train, test = make_split(80, 1), make_split(24, 2)
    np.savez(folder / "own.npz", x_train=train.images, y_train=train.labels,
             x_test=test.images, y_test=test.labels)  # fmt: skip
    for seed, name in enumerate(("mine", "other")):
        build_tiny_classifier(seed).save(folder / f"{name}.keras")
    return folder


def last_counts(folder):
    row = json.loads((folder / "report.json").read_text())["rows"][-1]
    return row["num_correct"], row["columns"][0]["num_robust"]
