import dataclasses
import os
import pathlib
import signal
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import Interrupted
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import aaa, callbacks, loop
from aaa_tf.training.checkpoints import CheckpointStore
from tests.conftest import build_tiny_classifier, make_split


class Training:
    """A run of the loop over the tiny problem with a step of one native."""

    def __init__(self, config, run_dir):
        self.config, self.run_dir = config, run_dir
        self.model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
        self.optimizer = loop.build_optimizer(config)
        self.optimizer.build(self.model.trainable_variables)
        native = freeze_keras("f", build_tiny_classifier())
        self.step_fn = aaa.make_aaa_step(self.model, native, self.optimizer, config)
        self.val_losses = []

    def run(self, val_loss=lambda epoch: 1.0):
        def validate():
            self.val_losses.append(val_loss(len(self.val_losses)))
            return {"val_loss": self.val_losses[-1]}

        loop.run_training(
            [self.step_fn], model=self.model, optimizer=self.optimizer, split=make_split(60, 1),
            config=self.config, run_dir=self.run_dir, strategy=tf.distribute.get_strategy(),
            validate=validate,
        )  # fmt: skip


def test_compiled_step_traces_once_and_keeps_memory_flat(tiny_config, tmp_path):
    training = Training(tiny_config, tmp_path)
    num_traces = 0

    def counted(*arguments):
        nonlocal num_traces
        num_traces += 1
        return training.step_fn(*arguments)

    compiled = loop.compile_step(counted, tf.distribute.get_strategy())
    split = make_split(20, 0)
    batch = (tf.constant(split.images), tf.constant(split.labels), tf.range(20, dtype=tf.int64))
    for step in range(10):
        compiled(batch, tf.constant(step, tf.int64))
    resident = read_resident_bytes()
    tracemalloc.start()
    for step in range(10, 210):
        compiled(batch, tf.constant(step, tf.int64))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert num_traces == 1
    assert grown < 200_000  # Python's own objects
    assert read_resident_bytes() - resident < 50e6  # and everything, tensors included


def read_resident_bytes():
    """Memory of this process that is in use, or 0 where the system does not tell."""
    statm = pathlib.Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def test_piecewise_rate_is_a_third_at_60_and_a_tenth_at_85_percent(tiny_config):
    config = dataclasses.replace(
        tiny_config, learning_rate_schedule="piecewise", train_steps=100, learning_rate=0.3
    )
    schedule = loop.build_optimizer(config)._learning_rate
    rates = [float(schedule(step)) for step in (0, 60, 61, 85, 86, 100)]
    np.testing.assert_allclose(rates, [0.3, 0.3, 0.1, 0.1, 0.03, 0.03], rtol=1e-6)


def test_plateau_lowers_the_rate_after_patience_epochs(tiny_config, tmp_path):
    config = dataclasses.replace(
        tiny_config, learning_rate_schedule="plateau", plateau_patience=2, train_steps=8,
        steps_per_epoch=1,
    )  # fmt: skip
    training = Training(config, tmp_path)
    # Improves up to the third epoch, then stays: two epochs of patience, then a tenth, twice.
    training.run(val_loss=lambda epoch: max(3.0 - epoch, 1.0))
    rate = float(training.optimizer.learning_rate)
    assert rate == pytest.approx(config.learning_rate / 100)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_update_and_saves(tiny_config, tmp_path, number):
    config = dataclasses.replace(tiny_config, checkpoint_every=100)
    training = Training(config, tmp_path)
    handler = signal.getsignal(number)

    def send(epoch):
        os.kill(os.getpid(), number)  # while the first epoch's last update is being finished
        return 1.0

    with pytest.raises(Interrupted, match="stopped after update 3 of 6"):
        training.run(val_loss=send)
    assert signal.getsignal(number) is handler
    store = CheckpointStore(tmp_path / "checkpoints")
    assert store.read_progress()["step"] == 3
    Training(config, tmp_path).run()
    assert store.read_progress()["step"] == 6


def test_csv_lines_beyond_the_checkpoint_are_written_again(tiny_config, tmp_path):
    Training(tiny_config, tmp_path).run()
    lines = (tmp_path / "metrics.csv").read_text()
    callbacks.trim_csv(tmp_path / "metrics.csv", 1)
    assert (tmp_path / "metrics.csv").read_text().split() == lines.split()[:2]
    callbacks.trim_csv(tmp_path / "metrics.csv", 0)
    assert (tmp_path / "metrics.csv").read_text() == ""


def test_an_epoch_without_length_is_one_pass(tiny_config, tmp_path):
    config = dataclasses.replace(tiny_config, steps_per_epoch=0, train_steps=7)
    training = Training(config, tmp_path)
    training.run()  # 60 examples, batches of 20: epochs of 3, 3 and 1 updates
    assert len(training.val_losses) == 3


def test_averaging_is_off_by_default(tiny_config):
    assert not loop.build_optimizer(tiny_config).use_ema
    averaging = loop.build_optimizer(dataclasses.replace(tiny_config, ema_momentum=0.9))
    assert averaging.use_ema
    assert isinstance(averaging, keras.optimizers.Adam)
