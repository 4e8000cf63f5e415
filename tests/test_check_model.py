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


@pytest.mark.parametrize("kind", ["beside the images alone", "hidden by a class switched off"])
def test_noise_is_seen_where_it_hides(kind):
    honest, split = train(0), make_split(40, 3)
    generator = tf.random.Generator.from_seed(0)
    images = np.round(split.images * 255).astype(np.float32) / np.float32(255)

    def noisy(x):
        logits = honest(x)
        noise = generator.normal(tf.shape(logits))
        if kind == "beside the images alone":
            off_grid = tf.reduce_max(tf.abs(255 * x - tf.round(255 * x)), axis=(1, 2, 3)) > 0.01
            return logits + tf.where(off_grid[:, None], noise, 0.0)
        return tf.concat([logits + 0.3 * noise, tf.fill((len(x), 1), -1e4)], axis=1)

    subject = make_subject(None, logits_fn=noisy, images=images)
    assert check_model.measure_randomness(subject)[0]
    assert not check_model.measure_randomness(
        make_subject(None, logits_fn=lambda x: honest(x), images=images)
    )[0]


def test_a_class_switched_off_hides_no_gradient():
    honest, split = train(0), make_split(40, 3)

    def switched(x):
        return tf.concat([honest(x), tf.fill((len(x), 1), -1e9)], axis=1)

    values = dict(images=split.images, labels=np.argmax(honest(split.images), axis=1))
    subject = make_subject(None, logits_fn=switched, **values)
    is_raised, found = check_model.measure_zero_gradients(subject)
    assert not is_raised, found


def test_answers_that_are_not_finite_hide_no_noise():
    honest, split = train(0), make_split(40, 3)
    generator = tf.random.Generator.from_seed(0)
    images = np.round(split.images * 255).astype(np.float32) / np.float32(255)
    is_odd = tf.range(len(images)) % 2 == 1

    def make(scale):
        def logits_fn(x):
            logits = honest(x)
            is_off = tf.reduce_max(tf.abs(255 * x - tf.round(255 * x)), axis=(1, 2, 3)) > 0.01
            noise = scale * generator.normal(tf.shape(logits))
            logits += tf.where(is_off[:, None], noise, 0.0)
            is_lost = is_off & is_odd[: len(x)]
            return tf.where(is_lost[:, None], np.nan, logits)

        return logits_fn

    for scale in (0.0, 1.0):
        subject = make_subject(None, logits_fn=make(scale), images=images)
        assert check_model.measure_randomness(subject)[0] is (scale > 0)
