"""What holds for every cheap recipe: traces, memory, gradients, devices, resume."""

import csv
import dataclasses
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import aaa, distribution, loop, runs
from aaa_tf.training.attack_state import AttackState
from tests.aaa_parts import Parts
from tests.conftest import build_tiny_classifier, make_split
from tests.test_aaa import reachable_operations
from tests.test_loop import read_resident_bytes
from tests.test_runs import StopAfterSave, interrupt_after, weights_of

RECIPES = {
    "pgd": {},
    "free": {"num_steps": 1, "step_size": 0.2, "free_replays": 4},
    "curriculum": {"step_curriculum": (1, 3, 5)},
    "trades": {"loss": "trades_mse"},
}


@pytest.fixture(params=RECIPES)
def config(request, tiny_config):
    return dataclasses.replace(tiny_config, **RECIPES[request.param])


def make_step(config, strategy=None):
    """A compiled step, the autoencoder it trains, and the adversary's state."""
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
        native = freeze_keras("f", build_tiny_classifier()).copy_in_precision("float32")
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(model.trainable_variables)
        state = AttackState(config, (8, 8, 1))
        step_fn = aaa.make_aaa_step(model, native, optimizer, config, state)
    return loop.compile_step(step_fn, strategy), model, state


def test_one_trace_and_flat_memory_whatever_the_number_of_steps(config):
    compiled, _, state = make_step(config)
    split = make_split(20, 0)
    batch = (tf.constant(split.images), tf.constant(split.labels), tf.range(20, dtype=tf.int64))
    for step in range(6):
        compiled(batch, tf.constant(step, tf.int64))
    state.num_doublings.assign(2)
    resident = read_resident_bytes()
    tracemalloc.start()
    for step in range(60):
        compiled(batch, tf.constant(step % 6, tf.int64))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert compiled.experimental_get_tracing_count() == 1
    assert grown < 200_000  # Python's own objects
    assert read_resident_bytes() - resident < 50e6


def test_compiled_equals_eager(config):
    """Step after step: each draws noise and a native of its own, also when compiled once."""
    split, results = make_split(20, 0), []
    batch = (tf.constant(split.images), tf.constant(split.labels), tf.range(20, dtype=tf.int64))
    for is_compiled in (True, False):
        parts = Parts(config, keras.optimizers.SGD(0.1))
        state = AttackState(config, (8, 8, 1))
        step_fn = aaa.make_aaa_step(parts.autoencoder, parts.native, parts.optimizer, config, state)
        if is_compiled:
            compiled = loop.compile_step(step_fn, tf.distribute.get_strategy())
            step_fn = lambda *arguments, compiled=compiled: compiled(arguments[:3], arguments[3])  # noqa: E731
        losses = [float(step_fn(*batch, tf.constant(step, tf.int64))["loss"]) for step in range(4)]
        results.append((losses, weights_of(parts.autoencoder)))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-4)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-5)


def trace(config):
    """The concrete function of one update, not compiled over replicas, and the parts."""
    parts = Parts(config)
    step_fn = aaa.make_aaa_step(parts.autoencoder, parts.native, parts.optimizer, config)
    return tf.function(step_fn, jit_compile=False).get_concrete_function(
        parts.images, parts.labels, parts.positions, tf.constant(3, tf.int64)
    )


def test_no_gradient_of_the_classifiers_weights_in_any_recipe(config):
    concrete = trace(config)
    library = concrete.graph.as_graph_def().library.function
    attacks = [f for f in library if "compute_gradient" in f.signature.name]
    assert attacks
    for attack in attacks:
        assert reachable_operations(attack).count("Conv2DBackpropInput") >= 4
        assert reachable_operations(attack).count("Conv2DBackpropFilter") == 0
    # The autoencoder's four kernels; TRADES goes through them for clean images too.
    expected = 8 if config.loss == "trades_mse" else 4
    assert reachable_operations(concrete.function_def).count("Conv2DBackpropFilter") == expected


@pytest.mark.parametrize("recipe", ["pgd", "free"])
def test_the_graph_does_not_grow_with_the_number_of_steps(tiny_config, recipe):
    """The same operations for 2 steps and for 100: constant trace time and memory."""
    sizes = []
    for num_steps in (2, 100):
        values = RECIPES[recipe] | {"num_steps": num_steps, "step_size": 0.01}
        graph = trace(dataclasses.replace(tiny_config, **values)).graph.as_graph_def()
        sizes.append(
            (len(graph.node), sorted(len(function.node_def) for function in graph.library.function))
        )
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("recipe", ["free", "curriculum", "trades"])
def test_two_devices_end_with_the_weights_and_perturbations_of_one(tiny_config, recipe):
    config, results = dataclasses.replace(tiny_config, **RECIPES[recipe]), []
    for strategy in (
        tf.distribute.get_strategy(),
        distribution.build_strategy("mirrored"),
    ):
        compiled, model, state = make_step(config, strategy)
        batches = distribution.distribute_batches(
            strategy, make_split(60, 1), batch_size=20, seed=0, start_step=0, end_step=6,
            replays=config.free_replays,
        )  # fmt: skip
        costs = []
        for step, batch in zip(range(6), batches, strict=False):
            values = compiled(batch, tf.constant(step, tf.int64))
            costs.append([float(values[name]) for name in ("num_steps", "num_gradients")])
        kept = 0.0 if state.perturbation is None else state.perturbation.numpy()
        results.append((weights_of(model), kept, costs))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-5)
    # A sign may flip where a gradient is nearly zero.
    assert np.mean(np.isclose(results[0][1], results[1][1], atol=1e-5)) > 0.999
    np.testing.assert_allclose(results[0][2], results[1][2], rtol=1e-6)


def read_rows(run_dir):
    with (run_dir / "metrics.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def record_images(monkeypatch):
    """Hands out the list to which each update of a training will append its images."""
    seen, compile_step = [], loop.compile_step

    def compile_recording(step_fn, strategy):
        compiled = compile_step(step_fn, strategy)

        def run(batch, step):
            seen.append(batch[0].numpy())
            return compiled(batch, step)

        return run

    monkeypatch.setattr(loop, "compile_step", compile_recording)
    return seen


def test_a_killed_run_goes_on_within_replays_and_curriculum(
    tmp_path, tiny_dataset, tiny_config, monkeypatch
):
    """Killed after update 4: inside the second part, the second epoch and the second batch."""
    config = dataclasses.replace(
        tiny_config, free_replays=3, step_curriculum=(1, 2), num_steps=1, step_size=0.2
    )
    native = [freeze_keras(name, build_tiny_classifier()) for name in "fs"]

    def train(name):
        return runs.train_autoencoder(tiny_dataset, native, config, run_dir=tmp_path / name)

    seen = record_images(monkeypatch)
    whole = train("whole")
    for update, images in enumerate(seen):
        assert np.array_equal(images, seen[update // 3 * 3])
    assert not np.array_equal(seen[2], seen[3])
    with monkeypatch.context() as patch:
        interrupt_after(patch, 4)
        with pytest.raises(StopAfterSave):
            train("broken")
    resumed = train("broken")
    np.testing.assert_allclose(weights_of(resumed), weights_of(whole), atol=1e-6)
    rows = [read_rows(tmp_path / name) for name in ("whole", "broken")]
    for unbroken, broken in zip(*rows, strict=True):
        assert unbroken.keys() == broken.keys()
        for key, value in unbroken.items():
            assert broken[key] == pytest.approx(value, rel=1e-3, abs=1e-5), key
    # Updates 1 to 3 take one step, 4 to 6 two; with replays a step is a gradient.
    assert [row["num_steps"] for row in rows[0]] == pytest.approx([2 / 3, 5 / 3])
    summary = runs.summarize_training(tmp_path / "broken")
    assert summary["num_gradient_evaluations"] == 20 * (1 + 2 * 1 + 3 * 2 - 1)


class Overfitting:
    """Four epochs of three updates whose robust validation accuracy breaks down in the second."""

    robust = (0.6, 0.1, 0.5, 0.7)

    def __init__(self, config, run_dir, strategy=None):
        self.config, self.run_dir = config, run_dir
        self.strategy = strategy or tf.distribute.get_strategy()
        run_dir.mkdir(exist_ok=True)
        with self.strategy.scope():
            self.model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
            self.optimizer = loop.build_optimizer(config)
            self.optimizer.build(self.model.trainable_variables)
            self.state = AttackState(config, (8, 8, 1))
            native = freeze_keras("f", build_tiny_classifier()).copy_in_precision("float32")
            step_fn = aaa.make_aaa_step(self.model, native, self.optimizer, config, self.state)

        def rising(images, labels, positions, step):
            values = step_fn(images, labels, positions, step)
            share = tf.cast(tf.shape(labels)[0], tf.float32) / config.batch_size
            return values | {"accuracy": share * tf.cast(step, tf.float32) / 20}

        self.step_fn = rising

    def run(self):
        def validate():
            epoch = int(keras.ops.convert_to_numpy(self.optimizer.iterations)) // 3 - 1
            return {"val_loss": 1.0, "val_robust_accuracy": self.robust[epoch]}

        loop.run_training(
            [self.step_fn], model=self.model, optimizer=self.optimizer, split=make_split(60, 1),
            config=self.config, run_dir=self.run_dir, strategy=self.strategy,
            validate=validate, attack_state=self.state,
        )  # fmt: skip


@pytest.fixture
def fgsm_config(tiny_config):
    return dataclasses.replace(
        tiny_config, num_steps=1, step_size=0.25, train_steps=12, warmup_steps=0,
        validation_num_steps=4,
    )  # fmt: skip


def check_fall_back(run_dir, state):
    """Two steps from the third epoch on, in the metrics and in the state."""
    rows = read_rows(run_dir)
    assert [row["num_steps"] for row in rows] == [1, 1, 2, 2]
    gradients = 20 * 3 * np.cumsum([1 + 1, 1 + 1, 2 + 1, 2 + 1])
    assert [row["num_gradients"] for row in rows] == gradients.tolist()
    assert int(state.num_doublings.numpy()) == 1
    assert runs.summarize_training(run_dir)["last_num_steps"] == 2


def test_a_fall_back_is_recorded_and_survives_kills(tmp_path, fgsm_config, monkeypatch, capsys):
    """The alarm is raised after update 6: killed with it, and again in the epoch after it."""
    whole = Overfitting(fgsm_config, tmp_path / "whole")
    whole.run()
    for step in (6, 8):
        with monkeypatch.context() as patch:
            interrupt_after(patch, step)
            with pytest.raises(StopAfterSave):
                Overfitting(fgsm_config, tmp_path / "broken").run()
    resumed = Overfitting(fgsm_config, tmp_path / "broken")
    resumed.run()
    assert capsys.readouterr().out.count("catastrophic overfitting") == 2  # one for each run
    np.testing.assert_allclose(weights_of(resumed.model), weights_of(whole.model), atol=1e-6)
    check_fall_back(tmp_path / "whole", whole.state)
    check_fall_back(tmp_path / "broken", resumed.state)


def test_a_fall_back_is_the_same_on_two_devices(tmp_path, fgsm_config):
    strategy = distribution.build_strategy("mirrored")
    overfitting = Overfitting(fgsm_config, tmp_path / "two", strategy)
    overfitting.run()
    check_fall_back(tmp_path / "two", overfitting.state)
