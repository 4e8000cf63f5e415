import numpy as np

from aaa_tf.corruptions import motion


def test_motion_blur_lays_half_a_gaussian_along_the_angle():
    images = np.zeros((2, 15, 15, 1))
    images[:, 7, 7] = 1
    right, down = motion.blur_along(images, 6, 1.5, np.array([0.0, 90.0]))[..., 0]
    weights = np.exp(-(np.arange(13) ** 2) / (2 * 1.5**2))
    weights = np.rint(weights / weights.sum() * 255) / 255
    np.testing.assert_allclose(right[7, 7::-1], weights[:8], atol=1e-12)  # read from the right
    np.testing.assert_allclose(down[7::-1, 7], weights[:8], atol=1e-12)  # read from below
    assert right[:7].max() == right[8:].max() == right[7, 8:].max() == 0


def test_motion_blur_repeats_the_border():
    images = np.zeros((1, 9, 9, 1))
    images[0, :, -1] = 1
    blurred = motion.blur_along(images, 6, 2, np.array([0.0]))[0, 0, :, 0]
    assert blurred[-1] == 1
    assert (np.diff(blurred) >= 0).all()
