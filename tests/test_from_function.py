"""Attacks that are any program: a function of NumPy arrays."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.from_function import attack_from_function
from aaa_tf.attacks.pgd import fgsm
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.errors import InputError


def sign_step(logits_fn, images, labels):
    """The fast gradient sign method, as somebody would write it outside."""
    assert isinstance(images, np.ndarray)
    points = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(points)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_fn(points))
    return np.clip(images + 0.03 * np.sign(tape.gradient(losses, points)), 0, 1)


def test_it_breaks_what_the_same_attack_of_ours_breaks(attacked_model, attacked_data):
    theirs = attack_from_function(sign_step, name="theirs", eps=0.03)
    results = [
        run_attacks([attack], attacked_model, *attacked_data, batch_size=7)
        for attack in (fgsm(eps=0.03), theirs)
    ]
    assert 0 < results[0].is_robust.sum() < results[0].is_correct.sum()
    np.testing.assert_array_equal(results[0].is_robust, results[1].is_robust)
    assert set(results[1].broken_by) == {"", "theirs"}


def test_whether_it_needs_a_gradient_is_said_by_its_maker(attacked_model, attacked_data):
    def stopped(images):
        return attacked_model(tf.stop_gradient(images))

    needing = attack_from_function(sign_step, name="theirs", eps=0.03)
    with pytest.raises(InputError, match="theirs needs a gradient and the model gives none"):
        run_attacks([needing], stopped, *attacked_data)
    free = attack_from_function(
        lambda f, images, labels: images, name="nothing", eps=0.03, needs_gradient=False
    )
    result = run_attacks([free], stopped, *attacked_data)
    assert result.is_robust.sum() == result.is_correct.sum()


def test_another_shape_is_told(attacked_model, attacked_data):
    attack = attack_from_function(lambda f, images, labels: images[0], name="one", eps=0.03)
    with pytest.raises(Exception, match="attack one returns"):
        run_attacks([attack], attacked_model, *attacked_data)


def test_one_that_writes_to_its_images_gains_nothing(attacked_model, attacked_data):
    def brighten(logits_fn, images, labels):
        images[:] = np.clip(images + 0.5, 0, 1)
        labels[:] = 0
        return images

    attack = attack_from_function(brighten, name="in place", eps=0.03)
    with pytest.warns(UserWarning, match="further than eps"):
        result = run_attacks([attack], attacked_model, *attacked_data)
    assert result.is_robust.sum() == result.is_correct.sum()
