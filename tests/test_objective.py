import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.training.objective import make_objective, reads_clean_logits

# One image of 6x6x3: the attacked prediction is a coin's, the clean one (3/4, 1/4).
LOGITS, CLEAN_LOGITS = np.log([[0.5, 0.5]]), np.log([[0.75, 0.25]])
XENT, LABELS = np.log(2), np.array([1])
TRADES = -np.log(0.25) + 2 * (0.75 * np.log(1.5) + 0.25 * np.log(0.5))
IMAGES = np.full((1, 6, 6, 3), 0.25, np.float32)
RECONSTRUCTION = IMAGES + np.float32(0.5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("xent", XENT),
        ("mse", 0.25),
        ("xent_mse", XENT + 10 * 0.25),
        ("trades_mse", TRADES + 10 * 0.25),
    ],
)
def test_equation_3_and_its_parts(tiny_config, loss, expected):
    config = dataclasses.replace(tiny_config, loss=loss, lambda_=10.0, trades_beta=2.0)
    values = make_objective(config)(RECONSTRUCTION, LOGITS, CLEAN_LOGITS, IMAGES, LABELS)
    np.testing.assert_allclose(values["loss"], [expected], rtol=1e-5)
    np.testing.assert_allclose(values["xent"], [XENT], rtol=1e-5)
    np.testing.assert_allclose(values["mse"], [0.25], rtol=1e-5)


def test_lambda_for_the_papers_sum_over_pixels(tiny_config):
    """With lambda_ = paper's lambda * H * W * C, equation 3's sum over pixels comes out."""
    rng = np.random.default_rng(0)
    images, reconstruction = rng.random((2, 4, 6, 6, 3), np.float32)
    paper = 0.7 * np.sum((reconstruction - images) ** 2, axis=(1, 2, 3))
    config = dataclasses.replace(tiny_config, loss="xent_mse", lambda_=0.7 * 6 * 6 * 3)
    sure, labels = np.eye(4, dtype=np.float32) * 1000, np.arange(4)  # no cross-entropy
    ours = make_objective(config)(reconstruction, sure, None, images, labels)["loss"]
    np.testing.assert_allclose(ours, paper, rtol=1e-5)


def test_a_function_is_given_what_its_arguments_name(tiny_config):
    def absolute(images, reconstruction):
        return tf.reduce_mean(tf.abs(images - reconstruction), axis=(1, 2, 3))

    def pairing(logits, clean_logits):
        return tf.reduce_sum((logits - clean_logits) ** 2, axis=1)

    for loss, expected, reads in (
        (absolute, 0.5, False),
        (pairing, np.sum((LOGITS - CLEAN_LOGITS) ** 2), True),
    ):
        config = dataclasses.replace(tiny_config, loss=loss)
        half = tf.cast(RECONSTRUCTION, tf.bfloat16)  # as a training in bfloat16 has it
        values = make_objective(config)(half, LOGITS, CLEAN_LOGITS, IMAGES, LABELS)
        np.testing.assert_allclose(values["loss"], [expected], rtol=1e-5)
        assert reads_clean_logits(loss) is reads
    assert reads_clean_logits("trades_mse")
    assert not reads_clean_logits("xent_mse")
