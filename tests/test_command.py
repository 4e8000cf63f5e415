import subprocess
import sys

import pytest

from aaa_tf.cli import command
from aaa_tf.errors import ExportError, InputError, Interrupted, NonFiniteError, WorkerLostError


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("no file x; give one"), 2, "error: no file x; give one"),
        (OSError(28, "No space left on device", "x/y"), 2, "error: x/y: No space left on device"),
        (OSError("disk"), 2, "error: writing: disk"),
        (NonFiniteError("NaN in weights"), 1, "error: NaN in weights"),
        (ExportError("it answers otherwise"), 1, "error: it answers otherwise"),
        (WorkerLostError("worker 1 is gone"), 1, "error: worker 1 is gone"),
        (Interrupted("stopped after update 3"), 143, "stopped after update 3"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_become_one_line_and_an_exit_code(capsys, error, code, line):
    def main():
        raise error

    with pytest.raises(SystemExit) as ended:
        command._call(main)
    assert ended.value.code == code
    assert capsys.readouterr().err == f"{line}\n"


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        command._call(lambda: 1 / 0)


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
