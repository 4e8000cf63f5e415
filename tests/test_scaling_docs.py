"""docs/scaling.md: its commands have the flags it uses, its counts are those of the presets."""

import pathlib
import re

import pytest

from aaa_tf.cli import evaluate, reproduce, train_aaa
from aaa_tf.presets import preset_values
from tests.test_readme import flags_of

TEXT = (pathlib.Path(__file__).parents[1] / "docs" / "scaling.md").read_text()
COMMANDS = {"evaluate": evaluate, "reproduce": reproduce, "train_aaa": train_aaa}
NUM_TEST_IMAGES = 10_000
DEFAULT_BATCH_SIZE = 128


COMMAND_LINES = re.findall(r"^    bin/(.+)$", TEXT, re.MULTILINE)


def test_commands_are_found():
    assert len(COMMAND_LINES) >= 3


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_flags_of_the_commands_exist(line):
    command, *arguments = line.split()
    known = flags_of(COMMANDS[command])
    for argument in arguments:
        assert argument.removeprefix("--").split("=")[0] in known


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"`--(\w+)", TEXT))))
def test_flags_in_the_text_exist(flag):
    assert any(flag in flags_of(command) for command in COMMANDS.values())


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "cifar10"])
def test_counts_are_those_of_the_papers_preset(dataset):
    training = preset_values(dataset, "paper", "aaa")
    gradients = training["train_steps"] * DEFAULT_BATCH_SIZE * (training["num_steps"] + 1)
    evaluation = preset_values(dataset, "paper", "eval")
    attacked = evaluation["num_steps"] * evaluation["num_restarts"] * NUM_TEST_IMAGES
    (row,) = re.findall(rf"^\| {dataset}, .+$", TEXT, re.MULTILINE)
    assert f"| {gradients:,} |" in row
    assert f"| {attacked:,} |" in row
