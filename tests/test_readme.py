"""What the README shows must run: its Python, word for word but for the size of the preset."""

import pathlib
import re

import pytest
from absl import flags

from aaa_tf.cli import (
    compare,
    evaluate,
    query,
    reproduce,
    serve,
    train_aaa,
    train_classifier,
    wrap_classifier,
)

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = {
    "compare": compare,
    "evaluate": evaluate,
    "query": query,
    "reproduce": reproduce,
    "serve": serve,
    "train_aaa": train_aaa,
    "train_classifier": train_classifier,
    "wrap_classifier": wrap_classifier,
}


def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    assert '"cpu"' in code
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code.replace('"cpu"', '"smoke"'), "README.md", "exec"), names)
    assert 0 <= float(capsys.readouterr().out.strip().splitlines()[-1]) <= 1
    assert (tmp_path / "saved_models" / "digits" / "1" / "saved_model.pb").exists()
    assert names["pipeline"].output_shape == (None, 10)


# Commands stand in lines of their own or between backticks.
COMMAND_LINES = re.findall(r"(?m)(?:^    |`)bin/(\w+ [^`\n]+)", README)


def test_commands_are_found():
    assert len(COMMAND_LINES) >= 8


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_flags_of_the_readme_exist(line):
    command, *arguments = line.split()
    known = flags_of(COMMANDS[command])
    for argument in arguments:
        if flag := re.search(r"^\[?--(\w+)", argument):
            assert flag[1] in known


def flags_of(module):
    """Names that a command's define_flags defines, without defining them globally."""
    names = []

    def note(*arguments, **_):
        names.append(arguments[0] if isinstance(arguments[0], str) else arguments[1])

    with pytest.MonkeyPatch.context() as patch:
        for definer in ("string", "integer", "float", "bool", "list", "enum"):
            patch.setattr(flags, f"DEFINE_{definer}", note)
        patch.setattr(flags, "DEFINE", note)
        module.define_flags()
    return names
