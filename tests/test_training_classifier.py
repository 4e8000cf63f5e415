"""The update of a classifier."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import ClassifierConfig
from aaa_tf.training import classifier
from aaa_tf.training.attack_state import AttackState
from tests.aaa_parts import step_number
from tests.conftest import build_tiny_classifier, make_split


@pytest.mark.parametrize("adversarial", [False, True])
def test_a_classifier_counts_too_and_replays(adversarial):
    model = build_tiny_classifier()
    values = {"free_replays": 2, "num_steps": 1} if adversarial else {"num_steps": 7}
    config = ClassifierConfig(
        eps=0.2, step_size=0.1, batch_size=20, adversarial=adversarial, **values
    )
    state = AttackState(config, (8, 8, 1))
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    step_fn = classifier.make_classifier_step(model, optimizer, config, state)
    split = make_split(20, 4)
    found = step_fn(
        tf.constant(split.images), tf.constant(split.labels), tf.range(20, dtype=tf.int64),
        step_number(0),
    )  # fmt: skip
    assert float(found["num_steps"]) == adversarial
    assert float(found["num_gradients"]) == 20
    if adversarial:
        assert np.abs(state.perturbation).max() > 0.09
