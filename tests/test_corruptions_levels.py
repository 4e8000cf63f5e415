import numpy as np

from aaa_tf.corruptions import levels

# One level and three quarters, and what lies outside of [0, 1].
IMAGES = np.array([1.75 / 255, -0.1, 1.1])


def test_truncate_cuts_down_as_a_cast_does_and_nearest_rounds():
    np.testing.assert_array_equal(levels.truncate(IMAGES), np.array([1, 0, 255]) / 255)
    np.testing.assert_array_equal(levels.nearest(IMAGES), np.array([2, 0, 255]) / 255)


def test_every_level_survives_the_way_to_bytes_and_back():
    every = np.arange(256) / 255
    np.testing.assert_array_equal(levels.to_bytes(every), np.arange(256))
    assert levels.to_bytes(every).dtype == np.uint8
    np.testing.assert_array_equal(levels.nearest(every), every)
