"""The commands as a user runs them."""

import contextlib
import importlib
import io
import json
import logging
import os
import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import pytest
from absl import app, flags
from absl import logging as absl_logging

from tests.conftest import build_tiny_classifier, make_split

OWN = "--dataset=own.npz"
SMALL = ["--preset=smoke", "--batch_size=20", "--validation_examples=6", "--autoencoder=conv"]


def run(command, *arguments, cwd, **environment):
    """Runs bin/<command> in the environment of the tests; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", f"aaa_tf.cli.{command}", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def succeed(command, *arguments, cwd):
    process = run(command, *arguments, cwd=cwd)
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


def fail(command, *arguments, cwd, **environment):
    """The one line that a command ends with when its input cannot be used."""
    process = run(command, *arguments, cwd=cwd, **environment)
    return _line_of_failure(process.returncode, process.stderr)


def fail_here(command, *arguments, cwd):
    """`fail` without a new process."""
    code, _, errors = _run_here(command, *arguments, cwd=cwd)
    return _line_of_failure(code, errors)


def succeed_here(command, *arguments, cwd):
    """`succeed` without a new process."""
    code, output, errors = _run_here(command, *arguments, cwd=cwd)
    assert not code, errors[-3000:]
    return output


def _run_here(command, *arguments, cwd):
    """Exit code, output and errors; TensorFlow, which takes seconds to import, is here."""
    module = importlib.import_module(f"aaa_tf.cli.{command}")
    output, errors = io.StringIO(), io.StringIO()
    with (
        flags_given_back(), contextlib.chdir(cwd), contextlib.redirect_stderr(errors),
        contextlib.redirect_stdout(output),
        mock.patch.object(sys, "argv", [module.__file__, *map(str, arguments)]),
        pytest.raises(SystemExit) as ended,
    ):  # fmt: skip
        module.run()
    return ended.value.code, output.getvalue(), errors.getvalue()


@contextlib.contextmanager
def flags_given_back():
    """Takes back what a command defines and sets for its process."""
    app.define_help_flags()  # once a process, whoever asks first
    names, level = set(flags.FLAGS), logging.getLogger("tensorflow").level
    verbosity, formatwarning = absl_logging.get_verbosity(), warnings.formatwarning
    try:
        yield
    finally:
        for name in set(flags.FLAGS) - names:
            delattr(flags.FLAGS, name)
        flags.FLAGS.unparse_flags()
        logging.getLogger("tensorflow").setLevel(level)
        absl_logging.set_verbosity(verbosity)
        warnings.formatwarning = formatwarning


def _line_of_failure(code, errors):
    assert code == 2, errors[-3000:]
    lines = errors.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert "Traceback" not in errors
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
