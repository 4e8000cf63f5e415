import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses
from aaa_tf.errors import InputError


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


@pytest.mark.parametrize(
    ("loss", "expected"), [("xent", 2.0), ("mse", 3.0), ("xent_mse", 32.0), ("trades_mse", 32.0)]
)
def test_objectives(loss, expected):
    assert losses.make_objective(loss, lambda_=10.0)(2.0, 3.0) == expected


def test_lambda_for_the_papers_sum_over_pixels():
    """With lambda_ = paper's lambda * H * W * C, equation 3's sum over pixels comes out."""
    rng = np.random.default_rng(0)
    images, reconstruction = rng.random((2, 4, 6, 6, 3), np.float32)
    paper = 0.7 * np.sum((reconstruction - images) ** 2, axis=(1, 2, 3))
    objective = losses.make_objective("xent_mse", lambda_=0.7 * 6 * 6 * 3)
    ours = objective(0.0, losses.mean_squared_error(reconstruction, images))
    np.testing.assert_allclose(ours, paper, rtol=1e-5)


def test_unknown_loss():
    with pytest.raises(InputError, match="known: mse, trades_mse, xent, xent_mse"):
        losses.make_objective("l1", 1.0)
