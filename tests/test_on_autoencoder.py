"""Attacks on what is known of the autoencoder: its reconstruction and its code."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.on_autoencoder import LatentPGD, ReconstructionPGD
from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import NAMES, build_autoencoder, make_encode
from tests.attack_inputs import STEPS


def search(attack, logits_fn, images, labels, round_index=0):
    return attack.search(
        logits_fn, tf.constant(images), tf.constant(labels), tf.constant(round_index, tf.int64),
        tf.constant([0, round_index], tf.int64), tf.range(len(images), dtype=tf.int64),
    ).images.numpy()  # fmt: skip


@pytest.mark.parametrize("xent_weight", [0.0, 1.0])
def test_reconstruction_attack_raises_the_reconstruction_error(defended_setting, xent_weight):
    autoencoder, _, defended, images, labels = defended_setting
    attack = ReconstructionPGD(
        eps=0.2, **STEPS, autoencoder=autoencoder, xent_weight=xent_weight, random_start=False
    )
    never_broken = lambda x: defended(x) + 1e3 * tf.one_hot(labels, 3)  # noqa: E731
    found = search(attack, never_broken, images, labels)
    errors = [np.mean((autoencoder(x) - images) ** 2, axis=(1, 2, 3)) for x in (images, found)]
    assert np.all(errors[1] > errors[0])
    assert np.abs(found - images).max() <= 0.2 + 1e-6
    assert attack.name == ("PGD-10-mse+xent" if xent_weight else "PGD-10-mse")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bottleneck_only", [False, True])
def test_latent_attack_moves_the_code_towards_another_class(name, bottleneck_only, rng):
    autoencoder = build_autoencoder(name, image_shape=(8, 8, 1), seed=0)
    encode = make_encode(autoencoder, bottleneck_only=bottleneck_only)
    images = rng.random((6, 8, 8, 1), np.float32)
    assert len(encode(images)) == (3 if name == "unet" and not bottleneck_only else 1)
    labels = np.zeros(6, np.int32)
    guide = rng.random((1, 8, 8, 1), np.float32)
    # One guide of another class, and one of the same, which must never be taken.
    guides = (np.concatenate([guide, images[:1]]), np.array([1, 0]))
    attack = LatentPGD(eps=0.2, **STEPS, encode=encode, guides=guides, random_start=False)
    correct = lambda x: tf.one_hot(labels, 3) + 0 * tf.reduce_sum(x)  # noqa: E731
    found = search(attack, correct, images, labels)

    def distance(points):
        pairs = zip(encode(points), encode(np.repeat(guide, 6, axis=0)), strict=True)
        return sum(
            np.mean((code - target) ** 2, axis=tuple(range(1, code.ndim))) for code, target in pairs
        )

    assert np.all(distance(found) < distance(images))


def test_guides_of_one_class_are_refused(defended_setting):
    with pytest.raises(InputError, match="at least two classes"):
        LatentPGD(
            eps=0.2, **STEPS, encode=lambda x: [x], guides=(defended_setting[3], np.zeros(10))
        )


def test_other_guides_make_another_attack(rng):
    """By which rounds of the one are not taken for rounds of the other."""
    images, labels = rng.random((2, 8, 8, 1), np.float32), np.array([0, 1])
    programs = [
        LatentPGD(eps=0.2, **STEPS, encode=lambda x: [x], guides=guides).program
        for guides in ((images, labels), (1 - images, labels), (images, 1 - labels))
    ]
    assert len(set(programs)) == 3
    assert len(programs[0]) == 64
