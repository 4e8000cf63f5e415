"""What the checks see without an attack: randomness, and scores that are no logits."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.evaluation import check_model
from tests.check_subjects import make_subject, train
from tests.conftest import make_split


def test_a_model_that_looks_at_its_batch_counts_as_random():
    honest, split = train(0), make_split(40, 3)

    def normalised(images):
        logits = honest(images)
        return logits - tf.reduce_mean(logits, axis=0, keepdims=True)

    subject = make_subject(None, logits_fn=normalised, images=split.images)
    is_raised, found = check_model.measure_randomness(subject)
    assert is_raised
    assert "0.0e+00 of their range between calls" in found


LOGITS = np.random.default_rng(0).normal(scale=6, size=(200, 5))
SOFTMAX = tf.nn.softmax(LOGITS).numpy()


@pytest.mark.parametrize(
    ("scores", "is_raised"),
    [
        (LOGITS, False),
        (LOGITS - LOGITS.min(), False),
        (SOFTMAX, True),
        (100 * SOFTMAX, True),
        (tf.sigmoid(LOGITS).numpy(), True),
        (tf.nn.log_softmax(LOGITS).numpy(), False),  # exact: the same gradients as logits
        (np.log(np.maximum(SOFTMAX, 1e-3)), True),
        (np.log(np.maximum(SOFTMAX, 1e-12)), False),  # a floor that nothing reaches
    ],
    ids=["logits", "positive", "softmax", "percent", "sigmoid", "log", "floored", "floor unused"],
)
def test_probabilities_in_disguise(scores, is_raised):
    subject = make_subject(lambda d: d - 1, logits=scores.astype(np.float32))
    assert check_model.measure_scores(subject)[0] is is_raised
