import numpy as np
import pytest

from aaa_tf.data.dataset import Split, hold_out_validation
from aaa_tf.errors import InputError


def make_numbered(count):
    """Images and labels that tell their row."""
    numbers = np.arange(count)
    return Split(numbers.astype(np.float32).reshape(-1, 1, 1, 1), numbers.astype(np.int32))


def test_first_takes_from_the_front_and_0_is_all():
    split = make_numbered(5)
    assert [split.first(count).labels.tolist() for count in (2, 9)] == [[0, 1], [0, 1, 2, 3, 4]]
    assert split.first(0) is split


@pytest.mark.parametrize(("count", "held"), [(10, 1), (59, 5), (50_000, 5000), (60_000, 5000)])
def test_a_tenth_is_held_out_and_5000_at_most(count, held):
    train, validation = hold_out_validation(make_numbered(count))
    assert len(validation) == held
    both = np.concatenate([train.labels, validation.labels])
    np.testing.assert_array_equal(np.sort(both), np.arange(count))
    for split in (train, validation):
        np.testing.assert_array_equal(split.images.ravel(), split.labels)
        assert (np.diff(split.labels) > 0).all()
    again = hold_out_validation(make_numbered(count))[1]
    np.testing.assert_array_equal(again.labels, validation.labels)


def test_fewer_than_ten_examples_are_refused():
    with pytest.raises(InputError, match="9 training examples are too few"):
        hold_out_validation(make_numbered(9))
