import pytest

from aaa_tf.errors import InputError, first_line, require_known


def test_an_unknown_name_is_told_with_the_known_ones_in_order():
    require_known("norm", "L2", ("Linf", "L2"))
    with pytest.raises(InputError, match="^unknown norm 'L1'; known: L2, Linf$"):
        require_known("norm", "L1", ("Linf", "L2"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no such file\nsecond", "no such file"),
        ("", ""),
        ("Exception encountered when calling Add.call().\n\n\x1b[1mshapes differ\x1b[0m\n\nx",
         "shapes differ"),
        ("Graph execution error:\n\nDetected at node add\nbad shapes\n\t [[{{node add}}]]\nend",
         "bad shapes"),
        ("Graph execution error:\n\nout of memory", "out of memory"),
        ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
def test_what_a_library_said_is_told_by_its_telling_line(said, told):
    assert first_line(ValueError(said)) == told
