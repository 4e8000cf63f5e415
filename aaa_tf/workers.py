"""Workers of one run: which of them writes, what they must agree on, and what if one is lost.

    if workers.is_chief(strategy):
        write(report)
    any_of = workers.make_any(strategy)
    if any_of(told_to_stop):            # the same answer on every worker
        stop()

A worker is a process that takes part in a run under `tf.distribute.MultiWorkerMirroredStrategy`.
All of them run the same program; under any other strategy there is one, and it is the chief.
Everything here must be called by all workers, in the same order.
"""

import contextlib
import re
import zlib

import numpy as np
import tensorflow as tf

from aaa_tf.errors import InputError, WorkerLostError

_LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
)


def are_several(strategy) -> bool:
    """Whether the strategy joins processes, and not only devices of this one."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def is_chief(strategy) -> bool:
    """Whether this process writes what the run leaves behind; None stands for one device."""
    return not are_several(strategy) or strategy.extended.should_checkpoint


def make_gather(strategy):
    """A function that shows every worker the number of each: float -> array, one per replica.

    Build it once for a run: each one holds a compiled function.
    """
    if not are_several(strategy):
        return lambda number: np.array([number], np.float64)

    @tf.function(jit_compile=False)
    def gather(per_replica):
        return strategy.gather(per_replica, axis=0)

    def call(number):
        own = tf.constant([number], tf.float64)
        return gather(strategy.experimental_distribute_values_from_function(lambda _: own)).numpy()

    return call


def make_any(strategy):
    """A function of a flag that is True on every worker where it is True on one of them."""
    gather = make_gather(strategy)
    return lambda flag: bool(gather(float(flag)).any())


def require_same(strategy, what: str, value) -> None:
    """Waits for all workers, and raises InputError on each unless `value` is equal on all.

    Args:
        strategy: tf.distribute.Strategy.
        what: what is compared, for the message.
        value: anything whose `repr` says all of it.
    """
    numbers = make_gather(strategy)(float(zlib.crc32(repr(value).encode())))
    if len(set(numbers)) > 1:
        raise InputError(
            f"the workers of this run differ in {what}; start the same command on all of them, "
            "in a folder that all of them share"
        )


@contextlib.contextmanager
def lost_ones_told(strategy):
    """Turns the errors of TensorFlow that mean a lost worker into WorkerLostError, one line."""
    try:
        yield
    except tf.errors.OpError as error:
        is_lost = isinstance(error, _LOST) or "Collective ops is aborted" in error.message
        if not (are_several(strategy) and is_lost):
            raise
        raise WorkerLostError(
            f"{_name_lost(error.message)} of this run has died or cannot be reached; start the "
            "same command on every worker again, it goes on from the last checkpoint"
        ) from error


def _name_lost(message):
    """The worker that TensorFlow's message names, such as worker 1."""
    named = re.search(r"/job:(\w+)(?:/replica:\d+)?/task:(\d+)", message)
    return f"{named[1]} {named[2]}" if named else "a worker"
