import pytest

from aaa_tf.cli.shared_flags import parse_numbers
from aaa_tf.errors import InputError


def test_numbers_may_be_fractions_and_absent():
    assert parse_numbers("mean", ["0.5", "8/255", "-1e-2"]) == (0.5, 8 / 255, -0.01)
    assert parse_numbers("mean", None) is None


@pytest.mark.parametrize("text", ["x", "8/0", "1/2/3", ""])
def test_what_is_no_number_is_told_with_its_flag(text):
    with pytest.raises(InputError, match=f"^--std: '{text}' is no number"):
        parse_numbers("std", ["1", text])
