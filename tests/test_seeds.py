import numpy as np
import tensorflow as tf

from aaa_tf import seeds


def draw(index, *values):
    return seeds.uniform_per_example((4, 5), seeds.fold_in(*values), index).numpy()


def test_a_row_depends_on_its_index_alone():
    batch = draw([3, 1, 2], 7, 1, 9)
    np.testing.assert_array_equal(batch[1], draw([1], 7, 1, 9)[0])
    np.testing.assert_array_equal(batch, draw([2, 1, 3], 7, 1, 9)[::-1])


def test_seed_stream_and_step_all_matter():
    drawn = [draw([0], *key) for key in ((7, 1, 9), (8, 1, 9), (7, 2, 9), (7, 1, 10))]
    for first in range(4):
        for second in range(first):
            assert not np.allclose(drawn[first], drawn[second])


def test_uniform_between_minus_one_and_one():
    values = draw(np.arange(500), 0, 1)
    assert values.min() >= -1
    assert values.max() < 1
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1 / 3**0.5) < 0.02


def test_compiled_equals_eager():
    compiled = tf.function(lambda i: seeds.uniform_per_example((4, 5), seeds.fold_in(7, 1), i))
    np.testing.assert_array_equal(compiled(tf.range(3)), draw([0, 1, 2], 7, 1))


def test_permutation_is_of_the_range_and_of_the_epoch():
    first, second = seeds.permutation(0, 0, 50), seeds.permutation(0, 1, 50)
    assert sorted(first) == list(range(50))
    assert list(first) != list(second)
    np.testing.assert_array_equal(first, seeds.permutation(0, 0, 50))
