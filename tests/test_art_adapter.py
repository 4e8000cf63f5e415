"""ART as a user of our pipelines: it gets our logits and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.art_adapter import make_art_black_box, make_art_classifier
from tests.attack_inputs import plane_logits
from tests.mean_pixel_model import mean_pixel_logits

pytest.importorskip("art", reason="ART is not installed; it is in the extras art and test")


def test_art_gets_our_logits_and_gradients(rng):
    images = rng.random((3, 4, 4, 1), np.float32)
    labels = np.array([0, 1, 0])
    estimator = make_art_classifier(plane_logits, image_shape=(4, 4, 1), num_classes=2)
    np.testing.assert_allclose(estimator.predict(images), plane_logits(images), atol=1e-6)
    with tf.GradientTape() as tape:
        points = tf.constant(images)
        tape.watch(points)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, plane_logits(points))
        loss = tf.reduce_mean(losses)
    expected = tape.gradient(loss, points)
    one_hot = np.eye(2, dtype=np.float32)[labels]
    np.testing.assert_allclose(estimator.loss_gradient(images, one_hot), expected, atol=1e-6)


def test_a_black_box_passes_on_what_it_is_given(rng):
    images = rng.random((3, 4, 4, 1), np.float32)
    box = make_art_black_box(
        lambda x: mean_pixel_logits(x).numpy(), image_shape=(4, 4, 1), num_classes=2
    )
    np.testing.assert_allclose(box.predict(images), mean_pixel_logits(images), atol=1e-6)
