"""Batches on two logical devices: the results of one device, to the last bit."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.sharding import make_batch_map
from aaa_tf.training import placement
from tests.conftest import build_tiny_classifier, make_split


@pytest.mark.parametrize("num_batches", [1, 2, 3])
def test_each_batch_comes_back_once_and_in_order(two_devices, num_batches):
    batches = [(np.full((2, 3), i, np.float32), np.int64(i)) for i in range(num_batches)]
    double = make_batch_map(
        lambda part, i: {"twice": 2 * part, "i": [tf.cast(i, tf.float32)]}, two_devices
    )
    for number, found in enumerate(double(batches)):
        np.testing.assert_array_equal(found["twice"], np.full((2, 3), 2 * number))
        assert found["i"][0] == number
    assert number == num_batches - 1
    assert not list(double([]))


def test_attacks_count_as_on_one_device(two_devices):
    """Survivors, images and costs; five batches, then fewer, on two devices."""
    split = make_split(18, 4)
    attacks = [
        PGD(eps=0.03, step_size=0.02, num_steps=3, num_restarts=2),
        Square(eps=0.03, num_queries=30),
    ]
    native = freeze_keras("f", build_tiny_classifier())
    labels = np.argmax(native.logits_fn(split.images), axis=1)
    results = [
        run_attacks(
            attacks, placement.spread_native(native, strategy).logits_fn, split.images, labels,
            batch_size=4, strategy=strategy,
        )
        for strategy in (tf.distribute.get_strategy(), two_devices)
    ]  # fmt: skip
    assert 0 < results[0].is_robust.sum() < 18
    for name in ("is_robust", "is_correct", "adversarial_images", "broken_by"):
        np.testing.assert_array_equal(getattr(results[0], name), getattr(results[1], name))
    for name in ("num_robust", "num_gradients", "num_queries"):
        assert getattr(results[0], name) == getattr(results[1], name)
