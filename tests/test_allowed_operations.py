"""The list of operations that only compute, held against TensorFlow."""

import re

import tensorflow as tf

from aaa_tf.models.allowed_operations import ALLOWED, ALLOWED_IN_RESTORE, FROM_ASSET


def test_every_allowed_operation_exists():
    known = {name for name in dir(tf.raw_ops) if name[0].isupper()}
    assert (ALLOWED | ALLOWED_IN_RESTORE | FROM_ASSET) - known == set()


def test_no_allowed_operation_has_a_name_of_the_dangerous_kinds():
    dangerous = re.compile(
        "File|Save|Restore|Remap|PyFunc|Print|Dataset|Iterator|Reader|Queue|Send|Recv|Remote|Rpc|"
        "Summary|Checkpoint|Debug|Immutable|CandidateSampler|Collective|Nccl|Stage|CallModule|"
        "Session|Decode|Encode|TPU|Infeed|Outfeed|Timestamp|Generator|Batch(Function)$"
    )
    assert [name for name in ALLOWED if dangerous.search(name)] == []
