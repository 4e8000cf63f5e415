"""Whole trainings in one process: what is trained, kept, resumed, averaged and refused."""

import contextlib
import csv
import dataclasses

import keras
import numpy as np
import pytest

from aaa_tf import seeds
from aaa_tf.config import ClassifierConfig, to_dict
from aaa_tf.data import Split
from aaa_tf.errors import InputError, NonFiniteError
from aaa_tf.evaluation.robustness import predict
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import loop, runs
from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.checkpoints import CheckpointStore
from tests.conftest import build_tiny_classifier, weights_of


def test_leaves_a_complete_run_directory(tmp_path, tiny_dataset, tiny_config, natives):
    before = [native.fingerprint() for native in natives]
    autoencoder = runs.train_autoencoder(tiny_dataset, natives, tiny_config, run_dir=tmp_path)
    assert [native.fingerprint() for native in natives] == before
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        ".lock",
        "config.json",
        "metrics.csv",
        "tensorboard",
        "checkpoints",
        "autoencoder.keras",
    }
    loaded = keras.models.load_model(tmp_path / "autoencoder.keras")
    np.testing.assert_array_equal(weights_of(loaded), weights_of(autoencoder))
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert {"loss", "xent", "mse", "accuracy", "val_loss", "val_robust_accuracy"} <= set(rows[0])
    summary = runs.summarize_training(tmp_path)
    assert summary["train_steps"] == 6
    assert summary["num_gradient_evaluations"] == 20 * (1 + 5 * 3)
    assert summary["last_num_steps"] == 2


class StopAfterSave(Exception):
    """Stands for a kill right after a checkpoint."""


def interrupt_after(monkeypatch, step):
    real_save = loop.CheckpointStore.save

    def save(self, progress):
        real_save(self, progress)
        if progress["step"] == step:
            raise StopAfterSave

    monkeypatch.setattr(loop.CheckpointStore, "save", save)


@pytest.mark.parametrize("schedule", ["constant", "piecewise", "plateau"])
def test_resume_inside_an_epoch_equals_an_unbroken_run(
    tmp_path, tiny_dataset, tiny_config, natives, monkeypatch, schedule
):
    """Broken off twice: at updates 2 (inside the first epoch) and 4 (inside the second)."""
    config = dataclasses.replace(
        tiny_config, learning_rate_schedule=schedule, plateau_patience=1, ema_momentum=0.5
    )
    whole = runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "whole")
    for step in (2, 4):
        with monkeypatch.context() as patch:
            interrupt_after(patch, step)
            with pytest.raises(StopAfterSave):
                runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "broken")
    resumed = runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "broken")
    np.testing.assert_allclose(weights_of(resumed), weights_of(whole), atol=1e-6)
    tables = []
    for name in ("whole", "broken"):
        with (tmp_path / name / "metrics.csv").open() as file:
            tables.append([
                [float(value) for value in row] for row in list(csv.reader(file))[1:]
            ])  # fmt: skip
    np.testing.assert_allclose(*tables, rtol=1e-3, atol=1e-5)


def test_a_finished_run_is_not_repeated(tmp_path, tiny_dataset, tiny_config, natives, monkeypatch):
    first = runs.train_autoencoder(tiny_dataset, natives, tiny_config, run_dir=tmp_path)
    monkeypatch.setattr(loop, "compile_step", None)
    again = runs.train_autoencoder(tiny_dataset, natives, tiny_config, run_dir=tmp_path)
    np.testing.assert_array_equal(weights_of(first), weights_of(again))


def test_the_average_of_weights_is_what_comes_out(tmp_path, tiny_dataset, tiny_config, natives):
    """After one update from w0 to w1, Keras' average is w1; after two, m w1 + (1 - m) w2."""
    outcomes = {}
    for momentum in (0.0, 0.75):
        for steps in (1, 2):
            config = dataclasses.replace(
                tiny_config, ema_momentum=momentum, train_steps=steps, ramp_steps=0
            )
            run_dir = tmp_path / f"{momentum}_{steps}"
            model = runs.train_autoencoder(tiny_dataset, natives, config, run_dir=run_dir)
            outcomes[momentum, steps] = weights_of(model)
    expected = 0.75 * outcomes[0.0, 1] + 0.25 * outcomes[0.0, 2]
    np.testing.assert_allclose(outcomes[0.75, 1], outcomes[0.0, 1], atol=1e-6)
    np.testing.assert_allclose(outcomes[0.75, 2], expected, atol=1e-6)


def test_the_average_of_a_classifiers_weights_comes_out(tmp_path, tiny_dataset):
    """The model that validation freezes is averaged all the same."""
    outcomes = {}
    for momentum, steps in ((0.0, 1), (0.0, 2), (0.75, 2)):
        config = ClassifierConfig(
            model="C", eps=0.2, step_size=0.1, train_steps=steps, batch_size=20, num_steps=2,
            validation_examples=12, validation_num_steps=2, precision="float32",
            ema_momentum=momentum,
        )  # fmt: skip
        run_dir = tmp_path / f"{momentum}_{steps}"
        model = runs.train_classifier(tiny_dataset, config, run_dir=run_dir)
        outcomes[momentum, steps] = weights_of(model)
    expected = 0.75 * outcomes[0.0, 1] + 0.25 * outcomes[0.0, 2]
    np.testing.assert_allclose(outcomes[0.75, 2], expected, atol=1e-6)


def test_goes_on_from_a_trained_autoencoder(tmp_path, tiny_dataset, tiny_config, natives):
    first = runs.train_autoencoder(tiny_dataset, natives, tiny_config, run_dir=tmp_path / "a")
    config = dataclasses.replace(
        tiny_config,
        init_autoencoder=str(tmp_path / "a" / "autoencoder.keras"),
        learning_rate=1e-9,
        train_steps=1,
        ramp_steps=0,
    )
    second = runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "b")
    np.testing.assert_allclose(weights_of(second), weights_of(first), atol=1e-6)
    other = dataclasses.replace(config, autoencoder="unet")
    with pytest.raises(InputError, match="architecture conv, not unet; give --autoencoder=conv"):
        runs.train_autoencoder(tiny_dataset, natives, other, run_dir=tmp_path / "c")
    assert not (tmp_path / "c").exists()
    second.set_weights([2 * weight for weight in second.get_weights()])
    second.save(config.init_autoencoder)
    with pytest.raises(InputError, match="begun with other weights to start from"):
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "b")


def test_a_run_goes_on_in_the_arithmetic_of_its_first_machine(
    tmp_path, tiny_dataset, tiny_config, natives, monkeypatch
):
    config = dataclasses.replace(tiny_config, precision="auto", train_steps=4)
    found = {}
    for name, machines in (("whole", (True, True)), ("moved", (True, False))):
        for has_native, stop in zip(machines, (True, False), strict=True):
            with monkeypatch.context() as patch:
                patch.setattr(runs.precision, "has_native_bfloat16", lambda has=has_native: has)
                if stop:
                    interrupt_after(patch, 2)
                with pytest.raises(StopAfterSave) if stop else contextlib.nullcontext():
                    found[name] = runs.train_autoencoder(
                        tiny_dataset, natives, config, run_dir=tmp_path / name
                    )
    np.testing.assert_array_equal(weights_of(found["moved"]), weights_of(found["whole"]))


def test_bfloat16_trains_and_exports_float32(tmp_path, tiny_dataset, tiny_config, natives):
    """Its updates go where those in float32 go: to where the same loss falls."""
    found = {}
    for precision in ("bfloat16", "float32"):
        config = dataclasses.replace(tiny_config, precision=precision)
        autoencoder = runs.train_autoencoder(
            tiny_dataset, natives, config, run_dir=tmp_path / precision
        )
        assert {layer.compute_dtype for layer in autoencoder.layers} == {"float32"}
        found[precision] = weights_of(autoencoder)
    start = weights_of(build_autoencoder("conv", image_shape=(8, 8, 1), seed=tiny_config.seed))
    one, other = (found[precision] - start for precision in found)
    assert not np.array_equal(one, other)
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.9


def test_bad_numbers_stop_the_run_and_keep_the_last_good_checkpoint(
    tmp_path, tiny_dataset, tiny_config, natives
):
    images = tiny_dataset.train.images.copy()
    spoiled = dataclasses.replace(tiny_dataset, train=Split(images, tiny_dataset.train.labels))
    images[:30] = np.nan  # a Split refuses them
    config = dataclasses.replace(tiny_config, train_steps=4)
    with pytest.raises(NonFiniteError, match="update 0: .* in images"):
        runs.train_autoencoder(spoiled, natives, config, run_dir=tmp_path / "spoiled")
    assert not (tmp_path / "spoiled" / "autoencoder.keras").exists()
    hot = dataclasses.replace(tiny_config, learning_rate=1e38, train_steps=6)
    with pytest.raises(NonFiniteError, match="weights|gradients"):
        runs.train_autoencoder(tiny_dataset, natives, hot, run_dir=tmp_path / "hot")


def test_a_checkpoint_is_from_before_the_bad_numbers(tmp_path, tiny_dataset, tiny_config, natives):
    """The images of the third update are spoiled; the checkpoint is of the second."""
    tiny_config = dataclasses.replace(tiny_config, ramp_steps=0)
    images = tiny_dataset.train.images.copy()
    spoiled = dataclasses.replace(tiny_dataset, train=Split(images, tiny_dataset.train.labels))
    images[seeds.permutation(tiny_config.seed, 0, 60)[40:]] = np.nan
    for _ in range(2):  # it fails there again when it goes on
        with pytest.raises(NonFiniteError, match="update 2: .* in images"):
            runs.train_autoencoder(spoiled, natives, tiny_config, run_dir=tmp_path)
        store = CheckpointStore(tmp_path / "checkpoints")
        assert store.read_progress()["step"] == 2
    config = dataclasses.replace(tiny_config, train_steps=2)
    good = runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "good")
    model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=1)
    optimizer = loop.build_optimizer(tiny_config)
    optimizer.build(model.trainable_variables)
    state = AttackState(tiny_config, (8, 8, 1))
    folder = tmp_path / "checkpoints"
    CheckpointStore(folder, model=model, optimizer=optimizer, attack=state).restore()
    np.testing.assert_array_equal(weights_of(model), weights_of(good))


@pytest.mark.parametrize("adversarial", [False, True])
def test_classifiers_learn(tmp_path, tiny_dataset, tiny_config, adversarial):
    shared = {
        key.replace("lambda", "lambda_"): value
        for key, value in to_dict(tiny_config).items()
        if key in {field.name for field in dataclasses.fields(ClassifierConfig)}
    }
    own = {"model": "C", "adversarial": adversarial, "train_steps": 60, "eps": 0.1}
    config = ClassifierConfig(**shared | own | {"ramp_steps": 2 if adversarial else 0})
    model = runs.train_classifier(tiny_dataset, config, run_dir=tmp_path)
    logits_fn = freeze_keras("C", model).logits_fn
    classes = predict(logits_fn, tiny_dataset.test.images, 8)
    assert np.mean(classes == tiny_dataset.test.labels) > 0.9
    loaded = keras.models.load_model(tmp_path / "classifier.keras")
    assert loaded.trainable_variables, "its owner may go on with it"
    np.testing.assert_array_equal(weights_of(loaded), weights_of(model))


def test_a_run_does_not_go_on_before_another_native(tmp_path, tiny_dataset, tiny_config):
    natives = [freeze_keras("mine.keras", build_tiny_classifier(seed)) for seed in (0, 1)]
    runs.train_autoencoder(tiny_dataset, natives, tiny_config, run_dir=tmp_path)
    with pytest.raises(InputError, match="other natives, under the same names"):
        runs.train_autoencoder(tiny_dataset, natives[::-1], tiny_config, run_dir=tmp_path)
    train = dataclasses.replace(tiny_dataset.train, labels=(tiny_dataset.train.labels + 1) % 3)
    other = dataclasses.replace(tiny_dataset, train=train)
    with pytest.raises(InputError, match="other training images, under"):
        runs.train_autoencoder(other, natives, tiny_config, run_dir=tmp_path)


def test_a_native_with_random_layers_is_trained_against_and_found_again(
    tmp_path, tiny_dataset, tiny_config
):
    layers = [keras.layers.Dropout(0.5), build_tiny_classifier()]
    keras.Sequential([keras.Input(tiny_dataset.image_shape), *layers]).save(tmp_path / "m.keras")
    config = dataclasses.replace(tiny_config, native=("m.keras",))
    for _ in range(2):
        native = freeze_keras("m.keras", keras.models.load_model(tmp_path / "m.keras"))
        runs.train_autoencoder(tiny_dataset, [native], config, run_dir=tmp_path / "run")
    assert (tmp_path / "run" / "autoencoder.keras").exists()
