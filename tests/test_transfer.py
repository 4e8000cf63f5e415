"""Transfer from another model, and gradients of a substitute (BPDA)."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.carlini_wagner import papers_mode
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer, make_bpda
from aaa_tf.errors import InputError
from tests.attack_inputs import STEPS
from tests.mean_pixel_model import mean_pixel_logits


def test_bpda_gives_the_staircase_a_gradient(defended_setting):
    _, bare, _, images, _ = defended_setting
    stairs = make_bpda(lambda x: tf.round(20 * x) / 20)

    def staircase(x):
        return bare(stairs(x))

    np.testing.assert_allclose(staircase(images), bare(np.round(20 * images) / 20), atol=1e-5)
    labels = np.argmax(staircase(images), axis=1).astype(np.int32)
    pgd = PGD(eps=0.2, **STEPS, random_start=False)
    assert run_attacks([pgd], staircase, images, labels).is_robust.mean() < 0.2


def test_bpda_differentiates_the_substitute():
    images = tf.fill((1, 1, 1, 1), 0.5)
    stairs = make_bpda(tf.round, substitute=lambda x: 3 * x)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(stairs(images))
    assert tape.gradient(total, images).numpy().item() == 3.0


def test_bpda_takes_a_front_end_with_weights():
    scale = tf.Variable(2.0)
    stairs = make_bpda(lambda x: tf.round(scale * x), substitute=lambda x: 3 * x)
    images = tf.fill((1, 1, 1, 1), 0.5)
    for run in (lambda f: f, tf.function):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            total = tf.reduce_sum(run(stairs)(images))
        assert tape.gradient(total, images).numpy().item() == 3.0


def test_transfer_searches_on_the_source_and_is_judged_on_the_target(defended_setting):
    _, bare, defended, images, _ = defended_setting
    both = np.argmax(bare(images), axis=1) == np.argmax(defended(images), axis=1)
    labels = np.argmax(defended(images), axis=1).astype(np.int32)
    images, labels = images[both], labels[both]
    assert len(images) >= 3
    pgd = PGD(eps=0.2, **STEPS)
    transfer = Transfer(pgd, source=bare, source_name="the bare classifier")
    assert transfer.name == "PGD-10 from the bare classifier"
    result = run_attacks([transfer], defended, images, labels)
    whole = dataclasses.replace(pgd, stops_early=False)
    np.testing.assert_array_equal(result.adversarial_images, whole(bare, images, labels))
    predictions = np.argmax(defended(result.adversarial_images), axis=1)
    np.testing.assert_array_equal(result.is_robust, predictions == labels)


@pytest.mark.parametrize(
    "attack",
    [PGD(eps=0.3, step_size=0.05, num_steps=20), APGD(eps=0.3, num_steps=20)],
    ids=["PGD", "APGD"],
)
def test_a_transfer_goes_on_beyond_the_sources_boundary(attack):
    def target(images):
        return mean_pixel_logits(images - 0.2)

    # Broken on the source by the first step, on the target only by most of eps.
    images, labels = np.full((3, 4, 4, 1), 0.45, np.float32), np.zeros(3, np.int32)
    transfer = Transfer(attack, source=mean_pixel_logits)
    result = run_attacks([transfer], target, images, labels)
    assert result.num_gradients[transfer.name] >= 3 * 20
    assert not result.is_robust.any()


@pytest.mark.parametrize("attack", [Square(eps=0.3), papers_mode()])
def test_what_stops_at_the_sources_boundary_is_no_transfer(attack):
    with pytest.raises(InputError, match=f"{attack.name} cannot be transferred; take PGD or APGD"):
        Transfer(attack, source=mean_pixel_logits)
