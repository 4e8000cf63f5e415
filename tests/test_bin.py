"""The launchers in bin/: each hands its arguments on, word for word, from any folder."""

import os
import pathlib
import shutil
import subprocess

import pytest

BIN = pathlib.Path(__file__).parents[1] / "bin"
LAUNCHERS = sorted(path.name for path in BIN.iterdir() if path.name != "run")
# Stands for .venv/bin/python: finds the package, then prints what it is to run.
PYTHON = """#!/bin/sh
case $1 in -c) exit {found} ;; esac
printf '%s\\n' "$@"
exit 7
"""


@pytest.fixture
def project(tmp_path):
    """A copy of bin/ beside an environment whose Python is the one above."""
    shutil.copytree(BIN, tmp_path / "my project/bin")
    (tmp_path / "my project/.venv/bin").mkdir(parents=True)
    return tmp_path / "my project"


def launch(project, name, *arguments, found=0):
    python = project / ".venv/bin/python"
    python.write_text(PYTHON.format(found=found))
    python.chmod(0o755)
    return subprocess.run(
        [project / "bin" / name, *arguments],
        cwd=project.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_there_is_one_for_each_command():
    commands = {path.stem for path in (BIN.parent / "aaa_tf/cli").glob("*.py")}
    assert set(LAUNCHERS) == commands - {
        "__init__",
        "command",
        "classifier_flags",
        "config_flags",
        "shared_flags",
        "targets",
        "trained_eps",
    }


@pytest.mark.parametrize("name", LAUNCHERS)
def test_arguments_and_exit_code_pass_through(project, name):
    assert os.access(BIN / name, os.X_OK)
    process = launch(project, name, "--rows=A none,C none", "$HOME", "")
    assert process.returncode == 7
    expected = ["-m", f"aaa_tf.cli.{name}", "--rows=A none,C none", "$HOME", ""]
    assert process.stdout.split("\n")[:-1] == expected


def test_a_package_that_is_not_installed_is_told(project):
    process = launch(project, "evaluate", found=1)
    assert process.returncode == 2
    assert process.stderr == (
        "error: aaa_tf is not installed; run 'make setup' or 'pip install .' first\n"
    )
