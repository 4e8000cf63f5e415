"""Batches spread over all devices of all workers, with the same results on each worker.

    measure = make_batch_map(compute_logits, strategy)
    for logits in measure([(images[rows],) for rows in batches]):
        ...

A batch is computed by one device as a whole: batch 0 by the first, batch 1 by the second, and so
on, then again from the first. What a batch holds does not depend on the number of devices, so
neither do results, down to the last bit where the devices are of one kind; and what is counted is
counted once. More batches than devices keep all of them busy.
"""

import functools

import numpy as np
import tensorflow as tf

from aaa_tf import workers


def make_batch_map(function, strategy=None):
    """A function that is compiled once and maps batches, many at a time.

    Args:
        function: tensors of one batch -> nested structure of float32 tensors of fixed shapes. It
            must not depend on other batches, nor draw random numbers of its own.
        strategy: tf.distribute.Strategy; None for one device.

    Returns:
        map_batches(batches): generator of what `function` returns for each batch, as NumPy arrays,
        in the order of the batches. `batches` is a list of tuples of arrays, whose shapes are the
        same in every batch. Workers of one run must be given the same batches.
    """
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return _map_here(function)

    @tf.function(jit_compile=False)
    def compute(arguments):
        results = strategy.run(_with_leading_axis(function), args=arguments)
        if not workers.are_several(strategy):
            return results
        return tf.nest.map_structure(lambda value: strategy.gather(value, axis=0), results)

    def map_batches(batches):
        for first in range(0, len(batches), strategy.num_replicas_in_sync):
            wave = batches[first : first + strategy.num_replicas_in_sync]
            arguments = strategy.experimental_distribute_values_from_function(
                functools.partial(_pick_batch, wave)
            )
            results = tf.nest.map_structure(
                lambda value: np.concatenate(strategy.experimental_local_results(value)),
                compute(arguments),
            )
            for number in range(len(wave)):
                yield tf.nest.map_structure(lambda value, n=number: value[n], results)

    def map_or_tell(batches):
        with workers.lost_ones_told(strategy):
            yield from map_batches(batches)

    return map_or_tell


def _map_here(function):
    """On one device, one batch after the other."""
    compiled = tf.function(function, jit_compile=False)

    def map_batches(batches):
        for batch in batches:
            results = compiled(*[tf.constant(part) for part in batch])
            yield tf.nest.map_structure(lambda value: value.numpy(), results)

    return map_batches


def _with_leading_axis(function):
    """What each device returns gains an axis, along which the devices' results are gathered."""
    return lambda *batch: tf.nest.map_structure(lambda value: value[None], function(*batch))


def _pick_batch(wave, context):
    """The batch of one device; those left over in the last wave repeat its last batch."""
    number = min(context.replica_id_in_sync_group, len(wave) - 1)
    return tuple(tf.constant(part) for part in wave[number])
