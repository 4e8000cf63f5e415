"""PixelFlips against brute force over every binary image that eps can reach."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.pixel_flips import PixelFlips, binarize, has_free_pixel
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.errors import InputError
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier

SHAPE = (6, 6, 1)
NUM_FREE = 7


@pytest.fixture(scope="module")
def images():
    """Pixels near 0 or 1, but for seven of each image that eps 0.3 brings to either side."""
    rng = np.random.default_rng(1)
    images = np.where(rng.random((24, *SHAPE)) < 0.5, 0.1, 0.9).astype(np.float32)
    for image in images.reshape(24, -1):
        chosen = rng.permutation(36)[:NUM_FREE]
        image[chosen] = rng.uniform(0.25, 0.75, NUM_FREE)
    return images


def reachable(image, eps=0.3, threshold=0.5):
    """Every binary image within reach, by enumeration."""
    flat = image.reshape(-1)
    free = np.flatnonzero(np.abs(flat - threshold) <= eps)
    base = (flat > threshold).astype(np.float32)
    for sides in itertools.product([0.0, 1.0], repeat=len(free)):
        base[free] = sides
        yield base.reshape(image.shape).copy()


def brute_force(logits_fn, images, labels, **reach):
    """(N,) bool: whether no reachable binary image is misclassified."""
    is_robust = []
    for image, label in zip(images, labels, strict=True):
        candidates = np.stack(list(reachable(image, **reach)))
        is_robust.append(bool(np.all(np.argmax(logits_fn(candidates), axis=1) == label)))
    return np.array(is_robust)


def attack(classifier, images, threshold=0.5, **changes):
    values = {"eps": 0.3, "classifier": classifier, "threshold": threshold} | changes

    def pipeline(x):
        return classifier(binarize(x, threshold))

    labels = np.argmax(pipeline(images), axis=1).astype(np.int32)
    result = run_attacks([PixelFlips(**values)], pipeline, images, labels, batch_size=10)
    return result, labels


def curved(seed):
    """A network with enough curvature that the gradient alone misleads now and then."""
    model = freeze_keras("f", build_tiny_classifier(seed, 3, SHAPE)).logits_fn
    return lambda x: model(3 * x - 1.5)


@pytest.mark.parametrize("seed", range(3))
def test_finds_what_brute_force_finds(images, seed):
    result, labels = attack(curved(seed), images, num_restarts=4)
    expected = brute_force(curved(seed), images, labels)
    assert 0 < expected.sum() < len(images)
    np.testing.assert_array_equal(result.is_robust, expected)


def test_is_exact_on_a_linear_model(images, rng):
    """Two classes and a plane: flipping every pixel that helps is the best there is."""
    weights = rng.normal(size=(36, 2)).astype(np.float32)

    def linear(x):
        return tf.reshape(x - 0.5, (-1, 36)) @ weights

    result, labels = attack(linear, images)
    expected = brute_force(linear, images, labels)
    assert 0 < expected.sum() < len(images)
    np.testing.assert_array_equal(result.is_robust, expected)


def test_another_threshold(images):
    result, labels = attack(curved(0), images, threshold=0.3, eps=0.1, num_restarts=4)
    expected = brute_force(curved(0), images, labels, eps=0.1, threshold=0.3)
    np.testing.assert_array_equal(result.is_robust, expected)


def test_images_are_within_eps_and_only_free_pixels_move(images):
    result, labels = attack(curved(1), images)
    moved = result.adversarial_images != images
    assert moved.any()
    is_free = np.abs(images - 0.5) <= 0.3
    assert not np.any(moved & ~is_free)
    assert np.abs(result.adversarial_images - images).max() <= 0.3 + 1e-6
    broken = result.is_correct & ~result.is_robust
    assert broken.any()
    found = binarize(result.adversarial_images[broken])
    assert np.all(np.argmax(curved(1)(found), axis=1) != labels[broken])


def test_an_image_without_a_free_pixel_is_proven_and_costs_one_gradient(images, rng):
    settled = np.where(images > 0.5, 0.85, 0.15).astype(np.float32)
    assert has_free_pixel(images, eps=0.3).all()
    assert not has_free_pixel(settled, eps=0.3).any()
    result, _ = attack(curved(0), settled)
    assert result.is_robust.all()
    assert result.num_gradients["PixelFlips"] == 8 * 3  # one each: 24 rows in three batches of 8
    for _ in range(20):
        noise = rng.uniform(-0.3, 0.3, settled.shape)
        np.testing.assert_array_equal(binarize(settled + noise), binarize(settled))


def test_the_edge_of_reach_counts_as_reachable():
    """0.2 is exactly 0.3 below the threshold; the proof leaves room for rounding there."""
    edge = np.full((1, 2, 2, 1), 51 / 255, np.float32)
    assert has_free_pixel(edge, eps=0.3).all()
    assert not has_free_pixel(edge - 1e-5, eps=0.3).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"norm": "L2"}, "in Linf, not L2"), ({"num_steps": 0}, "num_steps must be at least 1")],
)
def test_parameters_that_cannot_be(changes, message):
    with pytest.raises(InputError, match=message):
        PixelFlips(**{"eps": 0.3, "classifier": None} | changes)
