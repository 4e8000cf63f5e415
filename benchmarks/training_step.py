"""Speed of one attack step and of one update, in each precision, on this machine.

    .venv/bin/python benchmarks/training_step.py       # make bench runs it too

Network: Madry's MNIST classifier behind the convolutional autoencoder with a bottleneck, batch
128, random weights and images. Prints a table; figures belong beside the machine they came from.
"""

import os
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from aaa_tf.config import AAAConfig
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.classifiers import build_classifier
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.precision import copy_with_precision
from aaa_tf.training import aaa, loop

_BATCH_SIZE = 128
_REPEATS = 15


def time_update(precision: str, num_steps: int) -> float:
    """Median seconds of one update whose attack has `num_steps` steps."""
    config = AAAConfig(native=("A",), eps=0.3, step_size=0.1, num_steps=num_steps)
    shape = (28, 28, 1)
    autoencoder = copy_with_precision(
        build_autoencoder("conv_bottleneck", image_shape=shape, seed=0), precision
    )
    classifier = build_classifier("A", image_shape=shape, num_classes=10, seed=0)
    native = freeze_keras("A", copy_with_precision(classifier, precision))
    optimizer = loop.build_optimizer(config)
    optimizer.build(autoencoder.trainable_variables)
    step_fn = aaa.make_aaa_step(autoencoder, native, optimizer, config)
    compiled = loop.compile_step(step_fn, tf.distribute.get_strategy())
    rng = np.random.default_rng(0)
    batch = (
        tf.constant(rng.random((_BATCH_SIZE, *shape), np.float32)),
        tf.constant(rng.integers(0, 10, _BATCH_SIZE), tf.int32),
        tf.range(_BATCH_SIZE, dtype=tf.int64),
    )
    seconds = []
    for step in range(_REPEATS + 3):
        started = time.perf_counter()
        float(compiled(batch, tf.constant(step, tf.int64))["loss"])
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[3:]))


def main():
    """Measures both precisions and prints the table."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, TensorFlow {tf.__version__}")
    titles = ("attack step ms", "update alone ms", "PGD-7 update ms", "PGD-40 update ms")
    print("precision", *(f"{title:>16}" for title in titles))
    for precision in ("float32", "bfloat16"):
        one, seven, forty = (1e3 * time_update(precision, n) for n in (1, 7, 40))
        attack_step = (forty - seven) / 33
        columns = (attack_step, one - attack_step, seven, forty)
        print(f"{precision:9}", *(f"{value:16.1f}" for value in columns))


if __name__ == "__main__":
    main()
