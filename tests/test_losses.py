import numpy as np
import tensorflow as tf

from aaa_tf import losses


def test_cross_entropy_of_equal_logits_is_log_of_classes():
    xent = losses.softmax_cross_entropy(tf.zeros((2, 5)), tf.constant([0, 4]))
    np.testing.assert_allclose(xent, [np.log(5)] * 2, rtol=1e-6)


def test_squared_error_is_averaged_over_pixels():
    images = tf.zeros((2, 3, 4, 2))
    mse = losses.mean_squared_error(images + tf.reshape([0.5, 1.0], (2, 1, 1, 1)), images)
    np.testing.assert_allclose(mse, [0.25, 1.0])


def test_divergence_of_two_coins_in_closed_form():
    """KL of (3/4, 1/4) from (1/2, 1/2), logits shifted at will."""
    p, q = np.log([[0.75, 0.25]]), np.log([[0.5, 0.5]])
    expected = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    np.testing.assert_allclose(losses.kl_divergence(p + 7, q - 2), [expected], rtol=1e-5)
    np.testing.assert_allclose(losses.kl_divergence(p, p + 3), [0], atol=1e-6)


def test_trades_is_clean_cross_entropy_and_beta_times_the_divergence():
    clean, attacked = np.log([[0.75, 0.25]]), np.log([[0.5, 0.5]])
    divergence = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    found = losses.trades(clean, attacked, np.array([1]), 6.0)
    np.testing.assert_allclose(found, [-np.log(0.25) + 6 * divergence], rtol=1e-5)
