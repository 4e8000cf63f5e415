import numpy as np
import pytest

from aaa_tf.data.batching import batch_rows, make_training_batches
from aaa_tf.errors import InputError
from tests.conftest import make_split


def test_training_order_is_a_function_of_seed_and_step():
    split = make_split(25, 0)
    whole = list(make_training_batches(split, batch_size=10, seed=3, start_step=0, end_step=6))
    rest = list(make_training_batches(split, batch_size=10, seed=3, start_step=4, end_step=6))
    assert len(whole) == 6
    for (images, labels, positions), (again, labels_again, _) in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labels_again)
        np.testing.assert_array_equal(positions, np.arange(10))
    # Two batches an epoch: no example twice in it, and another order in the next one.
    epochs = [np.concatenate([batch_rows(25, 10, 3, 2 * e + b) for b in (0, 1)]) for e in (0, 1)]
    assert len(set(epochs[0])) == 20
    assert list(epochs[0]) != list(epochs[1])


def test_replays_repeat_each_batch():
    shared = dict(batch_size=10, seed=3, start_step=0)
    split = make_split(25, 0)
    once = [batch[0] for batch in make_training_batches(split, **shared, end_step=3)]
    twice = list(make_training_batches(split, **shared, end_step=5, replays=2))
    for found, expected in zip(twice, np.repeat(once, 2, axis=0), strict=False):
        np.testing.assert_array_equal(found[0], expected)
    assert len(twice) == 5


def test_fewer_examples_than_a_batch_are_refused():
    with pytest.raises(InputError, match="--batch_size=25 or less"):
        make_training_batches(make_split(25, 0), batch_size=26, seed=0, start_step=0, end_step=1)


def test_parts_of_a_batch_make_up_the_whole():
    order = {"batch_size": 7, "seed": 3, "start_step": 1, "end_step": 3}
    split = make_split(25, 0)
    wholes = list(make_training_batches(split, **order))
    parts = list(make_training_batches(split, **order, num_parts=3, own_parts=range(3)))
    second = list(make_training_batches(split, **order, num_parts=3, own_parts=(1,)))
    assert [len(labels) for _, labels, _ in parts] == [3, 2, 2, 3, 2, 2]
    for step, whole in enumerate(wholes):
        for i, tensor in enumerate(whole):
            found = np.concatenate([part[i] for part in parts[3 * step : 3 * step + 3]])
            np.testing.assert_array_equal(found, tensor)
            np.testing.assert_array_equal(second[step][i], parts[3 * step + 1][i])


def test_more_devices_than_examples_are_refused():
    with pytest.raises(InputError, match="a batch of 2 cannot be spread over 3 devices; give"):
        make_training_batches(
            make_split(9, 0), batch_size=2, seed=0, start_step=0, end_step=1, num_parts=3
        )
