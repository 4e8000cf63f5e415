"""Devices and workers: how many take part in a run, and what each of them is given.

    strategy = build_strategy("auto")       # before anything else of TensorFlow is used
    with strategy.scope():
        model = build()                     # its variables are on every device

auto          several workers if TF_CONFIG names them, else all GPUs if there are several, else one
one_device    the first GPU, or the CPU
mirrored      all GPUs of this machine (without a GPU: all logical CPUs)
multi_worker  all GPUs of all machines that TF_CONFIG names, or one CPU of each

The number of devices changes no figure: the batch is the global one, losses are divided by its
size, gradients are summed, random numbers follow the place in it, and batch normalization sees all
of it. A lost worker is noticed by TensorFlow's coordination service, which misses its heartbeat
within ten seconds or so. (A timeout of collectives would notice one that lives and hangs, too, but
keeps a thread for every collective of that time: 1,000 after 500 updates.)
"""

import functools
import json
import os

import tensorflow as tf

from aaa_tf.data import make_training_batches
from aaa_tf.errors import InputError, WorkerLostError, first_line, require_known

KINDS = ("auto", "one_device", "mirrored", "multi_worker")
_JOBS = {"chief", "worker"}
_EXAMPLE = (
    '\'{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}\''
)


def build_strategy(kind: str = "auto", *, devices=None, log=lambda line: None):
    """The tf.distribute.Strategy of a run.

    Args:
        kind: one of `KINDS`. "multi_worker" must come before any other use of TensorFlow.
        devices: names of devices for "mirrored" instead of all.
        log: called with a line that says what takes part.

    Raises:
        InputError: an unknown kind, or a TF_CONFIG that cannot be used.
        WorkerLostError: if the workers cannot be joined.
    """
    require_known("distribution", kind, KINDS)
    if kind == "auto":
        kind = _choose_kind()
    if kind == "multi_worker":
        return _join_workers(log)
    if kind == "one_device":
        return tf.distribute.get_strategy()
    devices = devices or [
        device.name
        for device in tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    ]
    log(f"{len(devices)} device(s): {', '.join(devices)}")
    return _mirror(tuple(devices))


@functools.cache
def _mirror(devices):
    """One strategy for all trainings of a process.

    Two of them over the same devices would number their collective operations alike, and the second
    is aborted where shapes differ ("Shape mismatch in the collective instance").
    """
    return tf.distribute.MirroredStrategy(devices)


def build_local_strategy():
    """All GPUs of this machine where there are several, else its one device."""
    return build_strategy(_choose_local_kind())


def _choose_kind():
    cluster = read_cluster() if os.environ.get("TF_CONFIG") else {}
    if sum(map(len, cluster.values())) > 1:
        return "multi_worker"
    return _choose_local_kind()


def _choose_local_kind():
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one_device"


def read_cluster() -> dict:
    """The cluster of TF_CONFIG, job -> addresses; InputError unless this process is part of it."""
    try:
        config = json.loads(os.environ.get("TF_CONFIG", ""))
        cluster = {job: list(addresses) for job, addresses in config["cluster"].items()}
        task = config["task"]
        is_member = 0 <= int(task["index"]) < len(cluster[task["type"]])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"TF_CONFIG names no cluster and task ({type(error).__name__}); such as {_EXAMPLE}"
        ) from error
    if not is_member or not cluster.keys() <= _JOBS:
        raise InputError(
            f"TF_CONFIG has jobs {', '.join(sorted(cluster))} and task {task}; needed: jobs worker "
            "and perhaps chief, and an index that is in the list"
        )
    return cluster


def _join_workers(log):
    """Waits for all workers; the one line that it prints says for whom."""
    cluster = read_cluster()
    addresses = [address for job in sorted(cluster) for address in cluster[job]]
    log(f"joining {len(addresses)} worker(s): {', '.join(addresses)}")
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        line = first_line(error.message)
        raise WorkerLostError(f"the workers of TF_CONFIG cannot be joined: {line}") from error
    except RuntimeError as error:
        raise InputError(
            "several workers must be joined before anything else of TensorFlow is used: build the "
            "strategy first"
        ) from error


def distribute_batches(strategy, split, **order):
    """Training batches, each device getting its part of every global batch.

    Args:
        strategy: tf.distribute.Strategy.
        split: training examples, the same on every worker.
        order: as for `make_training_batches`.

    Returns:
        An iterable without end of what `strategy.run` takes: images, labels, positions; what comes
        after update end_step - 1 means nothing.

    Raises:
        InputError: if there are more devices than examples in a batch.
    """
    num_parts = strategy.num_replicas_in_sync

    def make(context):
        num_own = num_parts // context.num_input_pipelines
        first = context.input_pipeline_id * num_own
        own_parts = range(first, first + num_own)
        batches = make_training_batches(split, **order, num_parts=num_parts, own_parts=own_parts)
        # Endless, because the workers would ask each other before every batch whether one is left.
        return batches.repeat()

    # Not experimental_distribute_dataset: without sharding by file, it shows every worker the same
    # part of a batch.
    return strategy.distribute_datasets_from_function(make)


def make_deterministic() -> None:
    """Makes TensorFlow's own operations repeatable, bit for bit, at some cost in speed."""
    tf.config.experimental.enable_op_determinism()


def enable_xla() -> None:
    """Lets XLA fuse operations on GPUs (not on CPUs, where it is slower); see docs/scaling.md."""
    tf.config.optimizer.set_jit(True)
