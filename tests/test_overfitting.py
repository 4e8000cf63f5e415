"""The guard on made-up epochs: when it speaks, what it doubles, and what it leaves alone."""

import dataclasses
import types

import pytest
import tensorflow as tf

from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.overfitting import OverfittingGuard


class Guarded:
    """A guard that is fed (accuracy, robust validation accuracy) epoch by epoch."""

    def __init__(self, config, **values):
        values = {"num_steps": 1, "step_size": 0.2, "validation_num_steps": 20} | values
        self.config = dataclasses.replace(config, **values)
        self.state, self.lines = AttackState(self.config, (8, 8, 1)), []
        self.guard = OverfittingGuard(self.state, self.config, self.lines.append)
        self.guard.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(iterations=6)))

    def feed(self, *epochs, num_steps=1.0):
        for epoch, (accuracy, robust) in enumerate(epochs):
            logs = {"accuracy": accuracy, "val_robust_accuracy": robust, "num_steps": num_steps}
            self.guard.on_epoch_end(epoch, logs)
        return self

    @property
    def num_steps(self):
        return int(self.state.num_steps(tf.constant(5, tf.int64), self.config))


def test_alarm_names_the_accuracies_and_doubles_the_steps(tiny_config):
    guarded = Guarded(tiny_config).feed((0.6, 0.5), (0.7, 0.55), (0.99, 0.01))
    assert guarded.lines == [
        "epoch 3: catastrophic overfitting: robust validation accuracy fell from 55.0% to 1.0% "
        "while training accuracy rose from 70.0% to 99.0%; the attack takes 2 steps instead of 1 "
        "from now on"
    ]
    assert guarded.num_steps == 2


def test_recovery_raises_no_second_alarm_and_a_second_fall_does(tiny_config):
    guarded = Guarded(tiny_config).feed((0.6, 0.5), (0.99, 0.0), (0.5, 0.1), (0.6, 0.6))
    assert len(guarded.lines) == 1
    guarded.feed((0.95, 0.1))
    assert len(guarded.lines) == 2
    assert guarded.num_steps == 4


@pytest.mark.parametrize(
    ("values", "epochs"),
    [
        ({}, [(0.6, 0.5), (0.7, 0.31)]),  # less than the drop
        ({}, [(0.6, 0.5), (0.5, 0.1)]),  # training is worse, too: no overfitting
        ({"overfitting_drop": 0.0}, [(0.6, 0.5), (0.9, 0.0)]),
    ],
)
def test_silence(tiny_config, values, epochs):
    guarded = Guarded(tiny_config, **values).feed(*epochs)
    assert guarded.lines == []
    assert guarded.num_steps == 1


def test_epochs_without_attack_do_not_count(tiny_config):
    guarded = Guarded(tiny_config).feed((0.6, 0.9), (0.99, 0.0), num_steps=0.0)
    assert guarded.lines == []
    assert float(guarded.state.best_robust_accuracy) == 0.0


def test_a_slow_fall_is_measured_from_the_best_epoch(tiny_config):
    guarded = Guarded(tiny_config).feed((0.6, 0.5), (0.7, 0.4), (0.8, 0.29))
    assert len(guarded.lines) == 1


def test_alarm_alone(tiny_config):
    guarded = Guarded(tiny_config, overfitting_fallback=False).feed((0.6, 0.5), (0.9, 0.0))
    assert "train again with more --num_steps" in guarded.lines[0]
    assert guarded.num_steps == 1


def test_doublings_end_there_in_later_parts_of_a_curriculum_too(tiny_config):
    """Made at 3 steps: 7 become the validation's 10, and 20 stay the 20 that were asked for."""
    config = dataclasses.replace(
        tiny_config, step_curriculum=(3, 7, 20), warmup_steps=0, train_steps=6,
        validation_num_steps=10,
    )  # fmt: skip
    state = AttackState(config, (8, 8, 1))
    state.num_doublings.assign(1)
    counts = [int(state.num_steps(tf.constant(step, tf.int64), config)) for step in (0, 2, 4)]
    assert counts == [6, 10, 20]


def test_steps_end_at_those_of_validation(tiny_config):
    guarded = Guarded(tiny_config, num_steps=11).feed((0.6, 0.5), (0.9, 0.0))
    assert "keeps its 11 steps" in guarded.lines[0]
    assert guarded.num_steps == 11
