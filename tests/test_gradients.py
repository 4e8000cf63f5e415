import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.evaluation.gradients import compute_gradients
from tests.attack_inputs import linear_model


@pytest.mark.parametrize("batch_size", [2, 5, 9])
def test_gradients_of_a_linear_margin_are_its_weights(rng, batch_size):
    logits_fn, weights, _ = linear_model(rng, classes=2)
    images = rng.random((5, 6, 6, 1), np.float32)
    labels = np.array([0, 1, 0, 1, 1])
    gradients = compute_gradients(logits_fn, images, labels, "margin", batch_size=batch_size)
    slope = (weights[:, 1] - weights[:, 0]).reshape(6, 6, 1)
    expected = np.where(labels[:, None, None, None] == 0, slope, -slope)
    np.testing.assert_allclose(gradients, expected, atol=1e-6)


def test_a_gradient_that_fails_in_its_own_way_is_none(rng):
    @tf.custom_gradient
    def broken(images):
        def gradient(upstream):
            raise NotImplementedError("no gradient for this size")

        return tf.reduce_mean(images, axis=(1, 2)), gradient

    images = rng.random((3, 6, 6, 2), np.float32)
    with pytest.raises(InputError, match="gives no gradient"):
        compute_gradients(broken, images, np.zeros(3, int), "margin")
