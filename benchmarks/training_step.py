"""Speed of one attack step and of one update, in each precision, against this machine's limit.

    .venv/bin/python benchmarks/training_step.py             # make bench runs it too
    .venv/bin/python benchmarks/training_step.py --profile   # which operations the time goes into

Network: Madry's MNIST classifier behind the convolutional autoencoder with a bottleneck, batch
128, random weights and images. Operations counted are those of convolutions and dense layers, a
multiplication and an addition each; an attack step is a forward pass and the gradient of its input,
as many again. The limit is the best measured product of two square matrices.
"""

import collections
import os
import pathlib
import platform
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.config import AAAConfig
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.classifiers import build_classifier
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.precision import copy_with_precision
from aaa_tf.training import aaa, loop

_BATCH_SIZE, _SHAPE = 128, (28, 28, 1)
_REPEATS = 15
_DTYPES = {"float32": tf.float32, "bfloat16": tf.bfloat16}


def build_update(precision: str, num_steps: int):
    """A function that makes one update against PGD of `num_steps`, and the models."""
    config = AAAConfig(native=("A",), eps=0.3, step_size=0.1, num_steps=num_steps)
    autoencoder = copy_with_precision(
        build_autoencoder("conv_bottleneck", image_shape=_SHAPE, seed=0), precision
    )
    classifier = build_classifier("A", image_shape=_SHAPE, num_classes=10, seed=0)
    classifier = copy_with_precision(classifier, precision)
    native = freeze_keras("A", classifier)
    optimizer = loop.build_optimizer(config)
    optimizer.build(autoencoder.trainable_variables)
    step_fn = aaa.make_aaa_step(autoencoder, native, optimizer, config)
    compiled = loop.compile_step(step_fn, tf.distribute.get_strategy())
    rng = np.random.default_rng(0)
    batch = (
        tf.constant(rng.random((_BATCH_SIZE, *_SHAPE), np.float32)),
        tf.constant(rng.integers(0, 10, _BATCH_SIZE), tf.int32),
        tf.range(_BATCH_SIZE, dtype=tf.int64),
    )
    return lambda: float(compiled(batch, tf.constant(9, tf.int64))["loss"]), (
        autoencoder,
        classifier,
    )


def median_seconds(function) -> float:
    """Median of `_REPEATS` calls, after three that do not count."""
    seconds = []
    for _ in range(_REPEATS + 3):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[3:]))


def count_operations(model) -> int:
    """Multiplications and additions of one example's forward pass, of the layers that matter."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2DTranspose):
            total += 2 * np.prod(layer.kernel.shape) * np.prod(layer.input.shape[1:3])
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            total += 2 * np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1])
    return int(total)


def measure_limit(precision: str) -> float:
    """GFLOP/s of the best of a few square matrix products."""
    multiply = tf.function(lambda matrix: tf.reduce_max(tf.matmul(matrix, matrix)))
    rates = []
    for size in (1024, 2048, 4096):
        matrix = tf.cast(tf.random.stateless_normal((size, size), (0, 0)), _DTYPES[precision])
        seconds = median_seconds(lambda matrix=matrix: float(multiply(matrix)))
        rates.append(2 * size**3 / seconds / 1e9)
    return max(rates)


def print_speed():
    """Times both precisions and prints the table."""
    titles = ("attack step ms", "update alone ms", "PGD-7 update ms", "PGD-40 update ms",
              "GFLOP/s of step", "limit")  # fmt: skip
    print("precision", *(f"{title:>16}" for title in titles))
    for precision in _DTYPES:
        runs = [build_update(precision, num_steps) for num_steps in (1, 7, 40)]
        one, seven, forty = (1e3 * median_seconds(update) for update, _ in runs)
        attack_step = (forty - seven) / 33
        operations = 2 * _BATCH_SIZE * sum(map(count_operations, runs[0][1]))
        rate = operations / attack_step / 1e6
        columns = (attack_step, one - attack_step, seven, forty, rate, measure_limit(precision))
        print(f"{precision:9}", *(f"{value:16.1f}" for value in columns))


def print_profile(num_steps: int = 40, num_updates: int = 3):
    """Milliseconds of each kind of operation per attack step, the update's share spread over it."""
    for precision in _DTYPES:
        update, _ = build_update(precision, num_steps)
        update()
        with tempfile.TemporaryDirectory() as folder:
            with tf.profiler.experimental.Profile(folder):
                for _ in range(num_updates):
                    update()
            times = _own_times(next(pathlib.Path(folder).rglob("*.xplane.pb")))
        print(f"\n{precision}, ms per attack step")
        for kind, nanoseconds in times.most_common(12):
            print(f"{nanoseconds / 1e6 / num_steps / num_updates:8.2f}  {kind}")


def _own_times(path):
    """Nanoseconds by kind of operation, each without the operations that it contains."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    times = collections.Counter()
    for plane in xplane_pb2.XSpace.FromString(path.read_bytes()).planes:
        for line in plane.lines:
            enclosing = []
            for event in sorted(line.events, key=lambda e: (e.offset_ps, -e.duration_ps)):
                # An operation's event is called "name:kind#..."; "A::b" is the runtime's own.
                name = plane.event_metadata[event.metadata_id].name.split("#")[0]
                kind = name.split(":")[-1] if name.count(":") == 1 else ""
                while enclosing and enclosing[-1][1] <= event.offset_ps:
                    enclosing.pop()
                if enclosing:
                    times[enclosing[-1][0]] -= event.duration_ps / 1e3
                times[kind] += event.duration_ps / 1e3
                enclosing.append((kind, event.offset_ps + event.duration_ps))
    del times[""]
    return times


def main():
    """Prints what was asked for."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, TensorFlow {tf.__version__}")
    print_profile() if "--profile" in sys.argv else print_speed()


if __name__ == "__main__":
    main()
