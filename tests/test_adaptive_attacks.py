"""Attacks on the autoencoder, SPSA, transfer and BPDA."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.on_autoencoder import LatentPGD, ReconstructionPGD
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.spsa import SPSA
from aaa_tf.attacks.transfer import Transfer, make_bpda
from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder, make_encode
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier

STEPS = {"step_size": 0.05, "num_steps": 10}


@pytest.fixture(scope="module")
def setting():
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    bare = freeze_keras("f", build_tiny_classifier()).logits_fn
    defended = make_defended_logits_fn(autoencoder, bare)
    images = np.random.default_rng(0).random((10, 8, 8, 1), np.float32)
    labels = np.argmax(defended(images), axis=1).astype(np.int32)
    return autoencoder, bare, defended, images, labels


def search(attack, logits_fn, images, labels, round_index=0):
    return attack.search(
        logits_fn, tf.constant(images), tf.constant(labels), tf.constant(round_index, tf.int64),
        tf.constant([0, round_index], tf.int64), tf.range(len(images), dtype=tf.int64),
    ).images.numpy()  # fmt: skip


@pytest.mark.parametrize("xent_weight", [0.0, 1.0])
def test_reconstruction_attack_raises_the_reconstruction_error(setting, xent_weight):
    autoencoder, _, defended, images, labels = setting
    attack = ReconstructionPGD(
        eps=0.2, **STEPS, autoencoder=autoencoder, xent_weight=xent_weight, random_start=False
    )
    never_broken = lambda x: defended(x) + 1e3 * tf.one_hot(labels, 3)  # noqa: E731
    found = search(attack, never_broken, images, labels)
    errors = [np.mean((autoencoder(x) - images) ** 2, axis=(1, 2, 3)) for x in (images, found)]
    assert np.all(errors[1] > errors[0])
    assert np.abs(found - images).max() <= 0.2 + 1e-6
    assert attack.name == ("PGD-10-mse+xent" if xent_weight else "PGD-10-mse")


@pytest.mark.parametrize("name", ["conv", "conv_bottleneck", "unet"])
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


def test_guides_of_one_class_are_refused(setting):
    with pytest.raises(InputError, match="at least two classes"):
        LatentPGD(eps=0.2, **STEPS, encode=lambda x: [x], guides=(setting[3], np.zeros(10)))


def test_a_model_without_a_code_is_refused():
    with pytest.raises(InputError, match="has no layer 'code'"):
        make_encode(build_tiny_classifier())


def test_spsa_needs_no_gradient_and_breaks_a_staircase(setting):
    """Rounded pixels have no gradient: PGD says so, SPSA climbs."""
    _, bare, _, images, _ = setting

    def staircase(x):
        return bare(tf.round(20 * x) / 20)

    labels = np.argmax(staircase(images), axis=1).astype(np.int32)
    with pytest.raises(InputError, match="PGD-10 needs a gradient and the model gives none"):
        run_attacks([PGD(eps=0.2, **STEPS)], staircase, images, labels)
    spsa = SPSA(eps=0.2, num_steps=20, num_pairs=16, delta=0.05, learning_rate=0.05)
    result = run_attacks([spsa], staircase, images, labels)
    assert result.is_robust.mean() < 0.5
    assert result.num_gradients["SPSA"] == 0
    assert result.num_queries["SPSA"] == 10 * 20 * 33


def test_bpda_gives_the_staircase_a_gradient(setting):
    _, bare, _, images, _ = setting
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


def test_transfer_searches_on_the_source_and_is_judged_on_the_target(setting):
    _, bare, defended, images, _ = setting
    both = np.argmax(bare(images), axis=1) == np.argmax(defended(images), axis=1)
    labels = np.argmax(defended(images), axis=1).astype(np.int32)
    images, labels = images[both], labels[both]
    assert len(images) >= 3
    pgd = PGD(eps=0.2, **STEPS)
    transfer = Transfer(pgd, source=bare, source_name="the bare classifier")
    assert transfer.name == "PGD-10 from the bare classifier"
    result = run_attacks([transfer], defended, images, labels)
    np.testing.assert_array_equal(result.adversarial_images, pgd(bare, images, labels))
    predictions = np.argmax(defended(result.adversarial_images), axis=1)
    np.testing.assert_array_equal(result.is_robust, predictions == labels)


def test_keras_model_and_saved_model_are_attacked_alike(setting, tmp_path):
    *_, images, _ = setting
    model = build_tiny_classifier(3)
    labels = np.argmax(model(images), axis=1).astype(np.int32)
    model.export(str(tmp_path / "m"), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    found = [
        PGD(eps=0.1, step_size=0.02, num_steps=5)(logits_fn, images, labels)
        for logits_fn in (model, loaded.serve)
    ]
    np.testing.assert_allclose(*found, atol=1e-6)
    assert isinstance(model, keras.Model)
