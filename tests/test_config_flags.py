import subprocess
import sys

import pytest

from aaa_tf.cli.config_flags import parse_numbers
from aaa_tf.errors import InputError


def test_numbers_may_be_fractions_and_absent():
    assert parse_numbers("mean", ["0.5", "8/255", "-1e-2"]) == (0.5, 8 / 255, -0.01)
    assert parse_numbers("mean", None) is None


@pytest.mark.parametrize("text", ["x", "8/0", "1/2/3", "", "1e400", "inf", "nan"])
def test_what_is_no_number_is_told_with_its_flag(text):
    with pytest.raises(InputError, match=f"^--std: '{text}' is no number"):
        parse_numbers("std", ["1", text])


# Flags are global, so a process of its own.
_READ = """
import sys
from absl import flags
from aaa_tf.cli import config_flags, train_aaa
from aaa_tf.config import AAAConfig
train_aaa.define_flags()
flags.FLAGS(sys.argv)
config = config_flags.config_from_flags(AAAConfig, config_flags.preset_defaults("aaa"))
print(config.random_flip, config.overfitting_fallback, config.max_shift, f"{config.step_size:.4g}")
"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--dataset=cifar10"], "True True 2 0.01046"),
        (
            ["--dataset=cifar10", "--norandom_flip", "--max_shift=0", "--eps=0.6"],
            "False True 0 0.2",
        ),
        (
            ["--dataset=digits", "--random_flip", "--nooverfitting_fallback", "--step_size=0.05"],
            "True False 0 0.05",
        ),
    ],
)
def test_a_flag_overrides_the_preset_and_a_missing_one_leaves_it(given, expected):
    process = subprocess.run(
        [sys.executable, "-c", _READ, *given], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == expected
