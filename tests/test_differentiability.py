"""Gradients that are missing, zero or not finite."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
from aaa_tf.attacks.fab import FAB
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.spsa import SPSA
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer, make_bpda
from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.differentiability import (
    has_gradient,
    make_probe_images,
    probe,
    with_finite_gradients,
)
from aaa_tf.errors import InputError
from aaa_tf.evaluation import check_model
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import Target
from tests.check_subjects import make_subject


def linear(images):
    weights = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    return tf.reshape(images, (-1, 64)) @ tf.constant(weights)


def with_norm(images):
    """The same function but for a trace; its gradient is NaN at black pixels."""
    length = tf.reduce_sum(tf.norm(images, axis=-1), (1, 2))
    return linear(images) + 1e-5 * length[:, None] * tf.constant([1.0, 0, -1])


@pytest.fixture
def half_black(rng):
    images = rng.random((40, 8, 8, 1), np.float32)
    images[:, :4] = 0
    return images, np.argmax(linear(images), axis=1).astype(np.int32)


@pytest.mark.parametrize(
    ("logits_fn", "expected"),
    [
        (linear, True),
        (with_norm, True),  # the lower half has a gradient
        (lambda x: with_norm(0 * x), False),
        (lambda x: linear(tf.sign(x)), False),
        (lambda x: linear(tf.round(x)), False),
        (lambda x: linear(tf.stop_gradient(x)), False),
        (
            lambda x: tf.py_function(lambda y: linear(tf.constant(y.numpy())), [x], tf.float32),
            False,
        ),
    ],
    ids=["linear", "some NaN", "all NaN", "sign", "round", "stopped", "NumPy"],
)
def test_whether_there_is_a_gradient(half_black, logits_fn, expected):
    images, labels = half_black
    assert has_gradient(logits_fn, tf.constant(images)) is expected
    target = Target("f", logits_fn, has_gradient=has_gradient(logits_fn, tf.constant(images)))
    config = EvalConfig(eps=0.1, step_size=0.1, num_steps=2)
    if expected:
        evaluate_robustness(target, Split(images, labels), config)
    else:
        with pytest.raises(InputError, match=r"PGD-2 needs a gradient and the model gives none"):
            evaluate_robustness(target, Split(images, labels), config)


def test_finite_gradients_are_as_they_were(half_black):
    images = tf.constant(half_black[0])
    for logits_fn in (linear, with_norm):
        made = with_finite_gradients(logits_fn)
        np.testing.assert_array_equal(made(images), logits_fn(images))
        found = []
        for function in (logits_fn, made):
            with tf.GradientTape() as tape:
                tape.watch(images)
                total = tf.reduce_sum(tf.square(function(images)))
            found.append(tape.gradient(total, images).numpy())
        np.testing.assert_array_equal(np.nan_to_num(found[0]), found[1])


@pytest.mark.parametrize(
    "attack",
    [
        PGD(eps=0.1, step_size=0.02, num_steps=20),
        APGD(eps=0.1, num_steps=20),
        FAB(eps=0.1, num_steps=20),
        CarliniWagnerL2(eps=1.5, num_steps=40, learning_rate=0.05),
        Transfer(PGD(eps=0.1, step_size=0.02, num_steps=20), with_norm, "itself"),
    ],
    ids=lambda attack: attack.name,
)
def test_no_attack_is_lost_among_images_of_nan(half_black, attack):
    """An attack on a gradient that is NaN in places is nearly as strong as without the NaN."""
    left = [
        run_attacks([attack], logits_fn, *half_black).is_robust.sum()
        for logits_fn in (linear, with_norm)
    ]
    assert left[0] < 20
    assert left[1] <= left[0] + 4


def test_the_checks_of_masking_see_it(half_black):
    images, labels = half_black
    made = dict(images=images, labels=labels, logits=with_norm(images).numpy())
    subject = make_subject(None, logits_fn=with_norm, **made)
    for name in ("zero gradients", "loss surface"):
        is_raised, found = check_model.MEASURES[name](subject)
        assert is_raised, name
        assert "100.0%" in found


def test_an_infinite_gradient_is_followed(rng):
    """The slope of a square root at black pixels: the largest there is."""
    weights = rng.normal(size=(64, 3)).astype(np.float32)

    def logits_fn(images):
        return tf.reshape(tf.sqrt(images), (-1, 64)) @ weights

    images = (rng.random((40, 8, 8, 1)) > 0.8).astype(np.float32)
    labels = np.argmax(logits_fn(tf.constant(images)), axis=1).astype(np.int32)
    # The worst of all: every pixel towards one rival, in the whole ball.
    low, high = np.sqrt(np.maximum(images - 0.02, 0)), np.sqrt(np.minimum(images + 0.02, 1))
    gaps = weights.T[None] - weights.T[labels][:, None]
    low, high = low.reshape(40, 1, 64), high.reshape(40, 1, 64)
    worst = (np.where(gaps > 0, high, low) * gaps).sum(axis=-1)
    worst[np.arange(40), labels] = -np.inf
    expected = int((worst.max(axis=1) <= 0).sum())
    assert 0 < expected < 35
    attack = PGD(eps=0.02, step_size=0.005, num_steps=40, loss="margin")
    result = run_attacks([attack], logits_fn, images, labels)
    assert abs(int(result.is_robust.sum()) - expected) <= 1


def test_an_answer_of_nan_is_no_right_answer(half_black):
    """tf.argmax of NaN is 0: without a look at it class 0 would be robust for nothing."""
    images, labels = half_black

    def logits_fn(x):
        is_moved = tf.reduce_any(x[:, :4] > 0.01, axis=(1, 2, 3))
        return tf.where(is_moved[:, None], np.nan, linear(x))

    attack = PGD(eps=0.05, step_size=0.05, num_steps=3)
    result = run_attacks([attack], logits_fn, images, labels)
    assert not result.is_robust.any()
    assert np.isfinite(result.adversarial_images).all()


def test_models_are_told_apart_by_answers_and_gradients(half_black):
    images = tf.constant(half_black[0][:2])
    rounded = [lambda x: linear(tf.round(x)), lambda x: linear(make_bpda(tf.round)(x))]
    found = [probe(logits_fn, images) for logits_fn in (linear, with_norm, *rounded)]
    assert len(set(found)) == 4
    assert probe(linear, images) == found[0]


@pytest.mark.parametrize(
    "attack",
    [
        PGD(eps=0.1, step_size=0.025, num_steps=20),
        APGD(eps=0.1, num_steps=20, loss="margin"),
        FAB(eps=0.1, num_steps=20),
        Square(eps=0.1, num_queries=300),
        SPSA(eps=0.1, num_steps=10, num_pairs=32, learning_rate=0.03),
    ],
    ids=lambda attack: attack.name,
)
def test_a_class_at_minus_infinity_is_no_success(rng, attack):
    """It changes no prediction, so an attack that took it for its goal would leave more."""

    def make(floor):
        def logits_fn(images):
            last = tf.math.log(tf.maximum(0.55 - images[:, 0, 0], floor)) - 3
            return tf.concat([linear(images), last], axis=1)

        return logits_fn

    images = rng.random((60, 8, 8, 1), np.float32)
    images[:, 0, 0] = 0.5
    labels = np.argmax(make(0.0)(images), axis=1).astype(np.int32)
    left = [
        run_attacks([attack], make(floor), images, labels).is_robust.sum() for floor in (1e-12, 0.0)
    ]
    assert 0 < left[0] < 50
    assert left[1] <= left[0] + 2


@pytest.mark.parametrize(
    "attack",
    [
        PGD(eps=0.05, step_size=0.02, num_steps=5),
        APGD(eps=0.05, num_steps=5),
        FAB(eps=0.05, num_steps=3),
        Square(eps=0.05, num_queries=20),
        SPSA(eps=0.05, num_steps=2, num_pairs=2),
        CarliniWagnerL2(eps=0.5, num_steps=5),
        Transfer(PGD(eps=0.05, step_size=0.02, num_steps=5), linear, "itself"),
    ],
    ids=lambda attack: attack.name,
)
def test_what_answers_in_another_precision_is_attacked_as_in_float32(half_black, attack):
    images, labels = half_black
    found = {}
    for dtype in (tf.float32, tf.float64, tf.float16):

        def logits_fn(x, dtype=dtype):
            return tf.cast(linear(x), dtype)

        of_dtype = attack
        if isinstance(attack, Transfer):
            of_dtype = Transfer(attack.attack, logits_fn, attack.source_name)
        result = run_attacks([of_dtype], logits_fn, images, labels)
        # What float16 rounds to a tie is not classified correctly to begin with.
        found[dtype] = result.is_robust | ~result.is_correct
    np.testing.assert_array_equal(found[tf.float64], found[tf.float32])
    assert np.sum(found[tf.float16] != found[tf.float32]) <= 2


def test_images_to_try_a_model_with_are_noise_and_smooth():
    images = make_probe_images((8, 5, 3), 5).numpy()
    assert images.shape == (5, 8, 5, 3)
    assert (images >= 0).all()
    assert (images <= 1).all()
    roughness = np.abs(np.diff(images, axis=1)).mean(axis=(1, 2, 3))
    assert roughness[3:].max() < roughness[:3].min() / 2
    np.testing.assert_array_equal(images, make_probe_images((8, 5, 3), 5))
