import dataclasses
import os
import pathlib
import tracemalloc

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.training import loop
from tests.conftest import make_split
from tests.tiny_training import Training


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
