import numpy as np
import pytest

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
