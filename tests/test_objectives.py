import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import objectives
from aaa_tf.errors import InputError

LOGITS = tf.constant([[5.0, 1.0, 3.0, 0.0], [2.0, 6.0, 1.0, 0.0]])
LABELS = tf.constant([0, 0])


def test_values_in_closed_form():
    np.testing.assert_allclose(objectives.margin(LOGITS, LABELS), [-2, 4])
    # -(5 - 3) / (5 - 1) and -(2 - 6) / (6 - 1)
    np.testing.assert_allclose(objectives.dlr(LOGITS, LABELS), [-0.5, 0.8])
    # -(5 - 1) / (5 - (1 + 0) / 2) and -(2 - 1) / (6 - (1 + 0) / 2), targets 1 and 2
    found = objectives.targeted_dlr(LOGITS, LABELS, tf.constant([1, 2]))
    np.testing.assert_allclose(found, [-4 / 4.5, -1 / 5.5], rtol=1e-6)


@pytest.mark.parametrize("loss", ["margin", "dlr"])
def test_positive_exactly_where_the_class_is_wrong(loss, rng):
    logits = tf.constant(rng.normal(size=(50, 6)), tf.float32)
    labels = tf.constant(rng.integers(0, 6, 50), tf.int32)
    values = objectives.get_objective(loss)(logits, labels).numpy()
    np.testing.assert_array_equal(values > 0, np.argmax(logits, 1) != labels)


def test_dlr_is_blind_to_scale(rng):
    logits = tf.constant(rng.normal(size=(5, 6)), tf.float32)
    labels = tf.zeros(5, tf.int32)
    one, other = (objectives.dlr(scale * logits, labels) for scale in (1.0, 1e3))
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_too_few_classes_and_unknown_names_are_told():
    with pytest.raises(InputError, match="dlr compares 3 logits and the model has 2 classes"):
        objectives.require_classes("dlr", 2)
    with pytest.raises(InputError, match="targeted_dlr compares 4 logits"):
        objectives.require_classes("targeted_dlr", 3)
    objectives.require_classes("margin", 2)
    with pytest.raises(InputError, match="known: dlr, margin, xent"):
        objectives.get_objective("hinge")


def first_logit(points, logits):
    del points
    return logits[:, 0]


@pytest.mark.parametrize("num_samples", [1, 5])
def test_gradient_of_a_linear_model_and_its_expectation(rng, num_samples):
    weights = tf.Variable(rng.normal(size=(4, 3)), dtype=tf.float32)
    images = tf.constant(rng.random((2, 2, 2, 1)), tf.float32)
    num_calls = tf.Variable(0)

    def logits_fn(images):
        num_calls.assign_add(1)
        return tf.reshape(images, (-1, 4)) @ weights

    values, logits, gradients = objectives.differentiate(
        first_logit, logits_fn, images, num_samples
    )
    np.testing.assert_allclose(gradients, [tf.reshape(weights[:, 0], (2, 2, 1))] * 2, rtol=1e-5)
    np.testing.assert_allclose(values, logits[:, 0], rtol=1e-5)
    assert int(num_calls) == num_samples


def test_a_noisy_model_is_averaged():
    generator = tf.random.Generator.from_seed(0)
    images = tf.fill((1, 1, 1, 1), 0.5)

    def noisy(images):
        return tf.reshape(images, (-1, 1)) * (1 + generator.normal((1, 2)))

    spread = []
    for num_samples in (1, 100):
        gradients = [
            objectives.differentiate(first_logit, noisy, images, num_samples)[2].numpy().item()
            for _ in range(10)
        ]
        spread.append(np.std(gradients))
    assert spread[1] < spread[0] / 4
