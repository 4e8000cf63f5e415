"""What a search of each attack gives by itself, before the runner judges it."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms
from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.on_autoencoder import LatentPGD, ReconstructionPGD
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.spsa import SPSA
from tests.attack_inputs import SHAPE, STEPS
from tests.mean_pixel_model import mean_pixel_logits
from tests.test_attack_properties import CASES, make_table

# They minimise the distance, within no radius.
_WITHOUT_RADIUS = ("CW-L2", "FAB", "FAB-T")
_CALLED = ("PGD", "Square", "APGD-T")


def search(attack, logits_fn, images, labels, round_index=0, wrap=tf.function):
    """The images of one round, as the runner's key has it."""

    @wrap
    def call(images, labels, round_index, index):
        key = seeds.fold_in(attack.seed, seeds.EVALUATION_START, round_index)
        return attack.search(logits_fn, images, labels, round_index, key, index).images

    index = tf.range(len(images), dtype=tf.int64)
    tensors = tf.constant(images), tf.constant(labels), tf.constant(round_index, tf.int64)
    return call(*tensors, index).numpy()


def half_black_and_white(size=12):
    """Images many of whose pixels lie on the edge of the box."""
    rng = np.random.default_rng(3)
    images = rng.random((size, *SHAPE), np.float32)
    edge = rng.random((size, *SHAPE))
    return np.where(edge < 0.3, 0, np.where(edge > 0.7, 1, images)).astype(np.float32)


def others(norm):
    """The attacks that only some targets have, and SPSA."""
    shared = STEPS | {"eps": 0.05 if norm == "Linf" else 0.25, "norm": norm, "seed": 1}
    gray = lambda images: tf.clip_by_value(images * images, 0, 1)  # noqa: E731
    guides = half_black_and_white(4), np.arange(4)
    found = {
        "mse": ReconstructionPGD(**shared, autoencoder=gray),
        "latent": LatentPGD(**shared, encode=lambda x: [gray(x)], guides=guides),
    }
    if norm == "Linf":
        found["SPSA"] = SPSA(eps=0.05, num_steps=5, num_pairs=4, seed=1)
    return found


@pytest.mark.parametrize(
    ("norm", "name"), [*CASES, *((norm, name) for norm in norms.NORMS for name in others(norm))]
)
def test_every_row_of_every_round_stays_in_the_ball_and_in_the_box(norm, name, attacked_model):
    """The runner would take a row that does not for harmless, and the attack look weak."""
    attack = (make_table(norm) | others(norm))[name]
    images = half_black_and_white()
    labels = np.argmax(attacked_model(images), axis=1).astype(np.int32)
    for round_index in range(min(2, attack.num_rounds)):
        found = search(attack, attacked_model, images, labels, round_index)
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 1
        if name not in _WITHOUT_RADIUS:
            assert (
                norms.length(tf.constant(found - images), norm).numpy().max() <= attack.eps + 1e-6
            )


@pytest.mark.parametrize("name", _CALLED)
def test_compiled_equals_eager(name, attacked_model, attacked_data):
    attack = make_table("Linf")[name]
    if name == "Square":
        attack = dataclasses.replace(attack, num_queries=20)  # eagerly each takes its time
    images, labels = (part[:6] for part in attacked_data)
    eager = search(attack, attacked_model, images, labels, wrap=lambda function: function)
    np.testing.assert_allclose(search(attack, attacked_model, images, labels), eager, atol=1e-5)


@pytest.mark.parametrize(
    "attack",
    [PGD(eps=0.2, step_size=0.02, num_steps=20, loss="margin"), APGD(eps=0.2, num_steps=20)],
    ids=["PGD", "APGD"],
)
def test_only_a_search_of_a_model_that_answers_twice_alike_ends_once_all_is_wrong(attack):
    """Wrong at one draw is not enough before a random model: it is made as wrong as eps allows."""
    images, labels = np.full((3, 4, 4, 1), 0.49, np.float32), np.zeros(3, np.int32)
    attacks = (dataclasses.replace(attack, num_samples=num_samples) for num_samples in (1, 2))
    once, averaged = (run_attacks([one], mean_pixel_logits, images, labels) for one in attacks)
    assert once.num_gradients[attack.name] < 3 * 20
    assert averaged.num_gradients[attack.name] >= 3 * 20 * 2
    np.testing.assert_allclose(averaged.adversarial_images, images + 0.2, atol=1e-3)


@pytest.mark.parametrize("name", ["PGD", "APGD-DLR", "Square"])
def test_restarts_and_seeds_start_elsewhere(name, attacked_model, attacked_data):
    images, _ = attacked_data
    labels = np.argmax(attacked_model(images), axis=1).astype(np.int32)

    def never_broken(x):
        return attacked_model(x) + 1e3 * tf.one_hot(labels, 5)

    attack = make_table("Linf")[name]
    other = dataclasses.replace(attack, seed=attack.seed + 1)
    rounds = ((attack, 0), (attack, 1), (other, 0))
    found = [search(a, never_broken, images, labels, round_index) for a, round_index in rounds]
    for one in range(3):
        for two in range(one):
            assert not np.allclose(found[one], found[two], atol=1e-4)
    np.testing.assert_array_equal(search(attack, never_broken, images, labels), found[0])
