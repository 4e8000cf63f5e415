import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import NonFiniteError
from aaa_tf.training import metrics


def test_shares_of_two_replicas_add_up_to_the_mean():
    values = tf.constant([1.0, 2.0, 3.0, 6.0])
    parts = [metrics.shares(4, loss=part)["loss"] for part in (values[:1], values[1:])]
    assert float(tf.add_n(parts)) == 3.0


@pytest.mark.parametrize("where", ["images", "gradients", "weights"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_numbers_are_counted_and_named(where, bad):
    tensors = {"images": tf.ones(3), "gradients": [tf.ones(2)], "weights": [tf.ones(2)]}
    spoiled = tf.constant([bad, bad, 1.0])
    tensors[where] = spoiled if where == "images" else [tf.ones(2), spoiled]
    counts = metrics.count_non_finite(**tensors)
    values = {"loss": 1.0} | {name: float(count) for name, count in counts.items()}
    with pytest.raises(NonFiniteError, match=f"update 7: 2 NaN or infinite values in {where}"):
        metrics.pop_non_finite(values, 7)


def test_good_numbers_leave_the_metrics():
    counts = metrics.count_non_finite(tf.ones(3), [tf.ones(2)], [tf.ones(2)])
    values = {"loss": 1.0} | {name: float(count) for name, count in counts.items()}
    assert metrics.pop_non_finite(values, 7) == {"loss": 1.0}
