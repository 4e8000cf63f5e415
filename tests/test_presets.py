import pytest

from aaa_tf import presets
from aaa_tf.config import AAAConfig, ClassifierConfig, EvalConfig
from aaa_tf.errors import InputError

CLASSES = {
    "aaa": AAAConfig,
    "classifier": ClassifierConfig,
    "adversarial": ClassifierConfig,
    "eval": EvalConfig,
}


@pytest.mark.parametrize("dataset", ["digits", "mnist", "fashion_mnist", "cifar10", "my/own.npz"])
@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("kind", presets.KINDS)
def test_every_preset_is_a_valid_configuration(dataset, preset, kind):
    values = presets.preset_values(dataset, preset, kind)
    if kind == "aaa":
        values["native"] = values["native"] or ("my.keras",)
    CLASSES[kind](**values)


def test_adversarial_training_grows_to_full_strength():
    values = presets.preset_values("mnist", "cpu", "adversarial")
    assert values["adversarial"]
    assert 0 < values["ramp_steps"] < values["train_steps"]


@pytest.mark.parametrize("kind", ["aaa", "adversarial"])
@pytest.mark.parametrize("train_steps", [7, 500, 100_000])
def test_warm_up_and_ramp_fit_the_length_that_is_asked_for(kind, train_steps):
    values = presets.preset_values("mnist", "cpu", kind, train_steps=train_steps)
    assert values["train_steps"] == train_steps
    assert values.get("warmup_steps", 0) + values["ramp_steps"] <= train_steps / 2
    CLASSES[kind](**values)


@pytest.mark.parametrize(
    ("train_steps", "momentum"), [(0, 0.999), (100_000, 0.999), (2000, 0.995), (7, 0.0)]
)
def test_averaged_weights_do_not_look_back_on_the_beginning(train_steps, momentum):
    values = presets.preset_values("mnist", "cpu", "aaa", train_steps=train_steps)
    assert values["ema_momentum"] == momentum
    assert "ema_momentum" not in presets.preset_values("mnist", "paper", "aaa")


def num_gradients(preset, kind, dataset):
    values = presets.preset_values(dataset, preset, kind)
    return values["train_steps"] * (values["num_steps"] + 1)


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("preset", ["cpu", "paper"])
def test_adversarial_training_has_as_many_gradients_as_the_autoencoder(preset, dataset):
    assert num_gradients(preset, "aaa", dataset) == num_gradients(preset, "adversarial", dataset)


def test_paper_preset_is_the_papers_protocol():
    training = presets.preset_values("mnist", "paper", "aaa")
    assert (training["eps"], training["num_steps"], training["step_size"]) == (0.3, 40, 0.01)
    assert training["learning_rate_schedule"] == "plateau"
    evaluation = EvalConfig(**presets.preset_values("cifar10", "paper", "eval"))
    assert evaluation.num_restarts == 10
    assert evaluation.num_steps == 20
    assert evaluation.step_size == pytest.approx(2 / 255)
    assert evaluation.num_examples == 0


@pytest.mark.parametrize(("preset", "kind"), [("huge", "aaa"), ("cpu", "gan")])
def test_unknown_names_are_refused(preset, kind):
    with pytest.raises(InputError, match="known"):
        presets.preset_values("mnist", preset, kind)


@pytest.mark.parametrize("kind", presets.KINDS)
@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("dataset", ["mnist", "cifar10", "other"])
def test_steps_fit_the_eps_that_is_asked_for(dataset, preset, kind):
    own = presets.preset_values(dataset, preset, kind)
    values = presets.preset_values(dataset, preset, kind, eps=0.15)
    assert values["eps"] == 0.15
    assert values["step_size"] / 0.15 == pytest.approx(own["step_size"] / own["eps"])
    assert presets.preset_values(dataset, preset, kind, eps=own["eps"]) == own
