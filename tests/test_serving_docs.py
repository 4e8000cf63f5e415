"""docs/serving.md: its commands have the flags it uses, its tables name the outputs there are."""

import pathlib
import re

import pytest

from aaa_tf.cli import query, serve, wrap_classifier
from tests.test_readme import flags_of
from tests.test_serving_pipeline import OUTPUTS, SIGNATURES

TEXT = (pathlib.Path(__file__).parents[1] / "docs" / "serving.md").read_text()
COMMANDS = {"query": query, "serve": serve, "wrap_classifier": wrap_classifier}


COMMAND_LINES = re.findall(r"^    bin/(.+)$", TEXT, re.MULTILINE)


def test_commands_are_found():
    assert len(COMMAND_LINES) >= 3


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_flags_of_the_commands_exist(line):
    command, *arguments = line.split()
    known = flags_of(COMMANDS[command])
    for argument in arguments:
        if argument.startswith("--"):
            assert argument.removeprefix("--").split("=")[0] in known


@pytest.mark.parametrize("flag", re.findall(r"`--(\w+)", TEXT))
def test_flags_in_the_text_exist(flag):
    known = {name for module in COMMANDS.values() for name in flags_of(module)} | {"soak"}
    assert flag in known or flag.removeprefix("no") in known


def test_outputs_and_signatures_are_those_there_are():
    tables = re.findall(r"^\| (`.+?) \|", TEXT, re.MULTILINE)
    named = {name for cell in tables for name in re.findall(r"`(\w+)`", cell)}
    assert named == {*OUTPUTS, *SIGNATURES}
