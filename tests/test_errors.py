import pytest

from aaa_tf.errors import InputError, require_known


def test_an_unknown_name_is_told_with_the_known_ones_in_order():
    require_known("norm", "L2", ("Linf", "L2"))
    with pytest.raises(InputError, match="^unknown norm 'L1'; known: L2, Linf$"):
        require_known("norm", "L1", ("Linf", "L2"))
