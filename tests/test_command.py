"""What every command makes of errors: one line and an exit code."""

import subprocess
import sys

import pytest

PROGRAM = """
from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError, WorkerLostError

def main():
    raise {error}

run_command(lambda: None, main)
"""


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        ("InputError('eps is no number')", 2, "error: eps is no number"),
        ("FileNotFoundError(2, 'No such file', 'a.npz')", 2, "error: a.npz: No such file"),
        ("WorkerLostError('worker 1 died')", 1, "error: worker 1 died"),
        ("KeyboardInterrupt", 130, "error: interrupted"),
    ],
)
def test_an_error_is_one_line_and_a_code(error, code, line):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(error=error)], capture_output=True, text=True
    )
    assert (run.returncode, run.stderr.splitlines(), run.stdout) == (code, [line], "")
