import dataclasses

import pytest

from aaa_tf import config
from aaa_tf.errors import InputError

VALID = {"native": ("A",)}


def test_fields_are_called_as_their_flags():
    original = config.AAAConfig(native=("A", "B"), lambda_=3.0, step_curriculum=(3, 7))
    values = config.to_dict(original)
    assert values["lambda"] == 3.0
    assert values["native"] == ["A", "B"]
    assert values.keys() == config.default_values(config.AAAConfig).keys()


def test_every_field_has_help():
    for cls in (config.AAAConfig, config.ClassifierConfig, config.EvalConfig):
        assert all(field.metadata["help"] for field in dataclasses.fields(cls))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"eps": 1.5}, r"eps must be in \[0, 1\]"),
        ({"eps": -0.1}, r"eps must be in \[0, 1\]"),
        ({"eps": 0.1, "step_size": 0.21}, "step_size must be between 0 and 2 eps = 0.2, not 0.21"),
        ({"step_curriculum": (3, 0)}, "every number of step_curriculum must be at least 1, not 0"),
        ({"free_replays": 0}, "free_replays must be at least 1"),
        ({"overfitting_drop": 1.0}, r"overfitting_drop must be in \[0, 1\)"),
        ({"trades_beta": -1.0}, "trades_beta must be 0 or more"),
        ({"num_steps": 0}, "num_steps must be at least 1"),
        ({"train_steps": 0}, "train_steps must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"loss": "l1"}, "unknown loss 'l1'; known: mse, trades_mse, xent, xent_mse"),
        ({"learning_rate_schedule": "cosine"}, "known: constant, piecewise, plateau"),
        ({"precision": "float16"}, "known: auto, bfloat16, float32"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"ema_momentum": 1.0}, r"ema_momentum must be in \[0, 1\)"),
        ({"steps_per_epoch": -1}, "steps_per_epoch must be 0 or more"),
        ({"lambda_": -1.0}, "lambda must be 0 or more"),
        ({"native": ()}, "no native classifier"),
        ({"seed": -1}, "seed must be from 0 to 4294967295, not -1"),
    ],
)
def test_training_values_are_checked(values, message):
    with pytest.raises(InputError, match=message):
        config.AAAConfig(**VALID | values)


def test_a_loss_of_ones_own_is_a_function_with_a_name():
    def pairing(logits, clean_logits):
        return logits - clean_logits

    def odd(logits, targets):
        return logits - targets

    def starred(*logits):
        return logits

    def weighted(logits, factor=2.0):
        return factor * logits

    name = f"{__name__}.test_a_loss_of_ones_own_is_a_function_with_a_name.<locals>.pairing"
    assert config.to_dict(config.AAAConfig(**VALID, loss=pairing))["loss"] == name
    with pytest.raises(InputError, match="must be a function made by def"):
        config.AAAConfig(**VALID, loss=lambda logits: logits)
    with pytest.raises(InputError, match="loss odd has the arguments targets; a loss is given"):
        config.AAAConfig(**VALID, loss=odd)
    with pytest.raises(InputError, match=r"loss starred has the arguments \*logits; a loss is"):
        config.AAAConfig(**VALID, loss=starred)
    config.AAAConfig(**VALID, loss=weighted)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_restarts": 0}, "num_restarts must be at least 1"),
        ({"seed": 2**32}, "seed must be from 0 to 4294967295, not 4294967296"),
        ({"num_steps": 0}, "num_steps must be at least 1"),
        ({"eps": 2.0}, "eps must be in"),
        ({"eps": 0.0}, "eps of an evaluation must be above 0"),
        ({"num_examples": -1}, "num_examples must be 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"eps": 0.1, "step_size": 0.11}, "step_size must be between 0 and eps = 0.1, not 0.11"),
    ],
)
def test_evaluation_values_are_checked(values, message):
    with pytest.raises(InputError, match=message):
        config.EvalConfig(**values)


def test_an_attack_that_never_reaches_full_strength_is_refused():
    config.AAAConfig(**VALID, train_steps=10, warmup_steps=4, ramp_steps=6)
    with pytest.raises(InputError, match="ramp_steps 7 would end after the last of 10 updates"):
        config.AAAConfig(**VALID, train_steps=10, warmup_steps=4, ramp_steps=7)


def test_fast_fgsm_may_step_beyond_eps():
    """Wong et al. 2020 take one step of 1.25 eps; 2 eps is the width of the ball."""
    for factor in (1.25, 2):
        config.AAAConfig(**VALID, eps=0.3, step_size=factor * 0.3, num_steps=1)


@pytest.mark.parametrize(
    "values", [{"step_curriculum": (3, 7)}, {"free_replays": 4}, {"ramp_steps": 9}]
)
def test_recipes_are_of_adversarial_training(values):
    config.ClassifierConfig(adversarial=True, **values)
    with pytest.raises(InputError, match="adversarial"):
        config.ClassifierConfig(**values)
