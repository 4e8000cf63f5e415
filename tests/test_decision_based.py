"""Decision-based attacks: what ART finds from the decision alone."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.runner import run_attacks
from tests.attack_inputs import PLANE, plane_logits

pytest.importorskip("art", reason="ART is not installed; it is in the extras art and test")

from aaa_tf.attacks.decision_based import HopSkipJump


def predicted_class(images):
    """A model that gives away nothing but its decision."""
    return tf.one_hot(tf.argmax(plane_logits(images), axis=1), 2, on_value=5.0)


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_decides_by_the_exact_distance_of_a_linear_boundary(rng, norm):
    images = (0.5 + 0.05 * (rng.random((6, 4, 4, 1)) - 0.5)).astype(np.float32)
    scores = (images.reshape(6, -1) - 0.5) @ PLANE[:, 0]
    labels = (scores > 0).astype(np.int32)
    length = np.abs(PLANE).sum() if norm == "Linf" else np.linalg.norm(PLANE)
    distances = np.abs(scores) / length
    order = np.argsort(distances)
    eps = float((distances[order[2]] + distances[order[3]]) / 2)
    attack = HopSkipJump(eps=eps, norm=norm, max_iter=15, max_eval=400)
    result = run_attacks([attack], predicted_class, images, labels, batch_size=4)
    is_inside = distances <= eps
    # Nothing outside may break; what is well inside must.
    assert not (~result.is_robust & ~is_inside).any()
    assert not result.is_robust[distances < 0.5 * eps].any()
    assert result.num_queries["HopSkipJump"] > 1000
    assert result.num_gradients["HopSkipJump"] == 0


def test_does_not_depend_on_packing_nor_touch_the_global_generator(rng):
    images = (0.5 + 0.1 * (rng.random((3, 4, 4, 1)) - 0.5)).astype(np.float32)
    labels = np.argmax(plane_logits(images), axis=1)
    attack = HopSkipJump(eps=0.5, max_iter=2, max_eval=100)
    before = np.random.get_state()[1].tolist()
    found = [attack(predicted_class, images, labels, batch_size=size) for size in (2, 3)]
    assert np.random.get_state()[1].tolist() == before
    np.testing.assert_array_equal(*found)


def test_images_of_the_class_that_all_noise_has_are_attacked():
    """As bags of Fashion-MNIST are: noise alone would leave them as they are."""
    images = np.full((3, 4, 4, 1), 0.3, np.float32)

    def logits_fn(x):
        is_bright = tf.reduce_mean(x, axis=(1, 2, 3)) > 0.2
        return tf.one_hot(tf.cast(is_bright, tf.int32), 2, on_value=5.0)

    attack = HopSkipJump(eps=0.25, max_iter=5, max_eval=100)
    result = run_attacks([attack], logits_fn, images, np.ones(3, np.int32), batch_size=2)
    assert not result.is_robust.any()


def test_what_is_not_attacked_is_told():
    def logits_fn(x):
        return tf.one_hot(0 * tf.cast(x[:, 0, 0, 0], tf.int32), 2, on_value=5.0)

    images = np.full((3, 4, 4, 1), 0.3, np.float32)
    attack = HopSkipJump(eps=0.2, init_size=10)
    with pytest.warns(UserWarning, match="HopSkipJump attacks 3 of 3 images not at all"):
        result = run_attacks([attack], logits_fn, images, np.zeros(3, np.int32))
    assert result.is_robust.all()
    assert result.num_queries["HopSkipJump"] == 3 * (10 + 1 + 10 + 11 + 3)
