"""The baselines are what they say, and their attacks reach through them."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.pixel_flips import binarize
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.errors import InputError
from aaa_tf.experiments.baselines import (
    count_provably_robust,
    make_baselines,
    make_threshold_logits_fn,
    threshold_baseline,
    train_denoiser,
)
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training.run_directory import read_config
from aaa_tf.training.runs import summarize_training
from tests.conftest import build_tiny_classifier

FEW = {"num_steps": 10, "num_restarts": 1, "num_queries": 50}


@pytest.fixture(scope="module")
def native():
    return freeze_keras("tiny", build_tiny_classifier())


def test_threshold_computes_itself_and_differentiates_the_classifier(native, rng):
    images = rng.random((5, 8, 8, 1), np.float32)
    pipeline = make_threshold_logits_fn(native.logits_fn, 0.4)
    gradients = []
    for points, logits_fn in ((images, pipeline), (binarize(images, 0.4), native.logits_fn)):
        points = tf.constant(points)
        with tf.GradientTape() as tape:
            tape.watch(points)
            logits = logits_fn(points)
        gradients.append((logits.numpy(), tape.gradient(logits, points).numpy()))
    for ours, expected in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_threshold_falls_where_pixels_are_free_and_holds_where_none_is(native, rng):
    free = rng.uniform(0.3, 0.7, (20, 8, 8, 1))
    settled = np.where(rng.random((10, 8, 8, 1)) < 0.5, 0.1, 0.9)
    images = np.concatenate([free, settled]).astype(np.float32)
    target, column = threshold_baseline(native, eps=0.3, **FEW)
    logits_fn, attacks = target.logits_fn, column.attacks
    split = Split(images, np.argmax(logits_fn(images), axis=1).astype(np.int32))
    assert target.label == "tiny, threshold at 0.5"
    assert [attack.name for attack in attacks] == [
        "PGD-10",
        "PGD-10-margin",
        "PixelFlips",
        "PGD-10 from the bare tiny",
        "Square",
    ]
    num_proven = count_provably_robust(logits_fn, split, eps=0.3)
    assert num_proven == 10
    result = run_attacks(attacks, logits_fn, split.images, split.labels)
    np.testing.assert_array_equal(result.is_robust, [False] * 20 + [True] * 10)


def test_a_classifier_without_gradient_has_no_threshold_row(native):
    blind = dataclasses.replace(native, has_gradient=False)
    with pytest.raises(InputError, match="tiny gives no gradient"):
        threshold_baseline(blind, eps=0.3)


def test_the_denoiser_is_trained_without_attack(native, tiny_dataset, tmp_path):
    autoencoder = train_denoiser(tiny_dataset, native, run_dir=tmp_path, preset="smoke")
    config = read_config(tmp_path)
    assert config["warmup_steps"] == config["train_steps"] == 12
    summary = summarize_training(tmp_path)
    assert summary["num_gradient_evaluations"] == 12 * config["batch_size"]
    images = tiny_dataset.test.images
    assert autoencoder(images, training=False).shape == images.shape


def test_both_are_made_for_an_evaluation(native, tiny_dataset, tmp_path):
    lines = []
    config = EvalConfig(eps=0.2, step_size=0.1, num_steps=3, num_examples=10)
    (threshold, columns), (denoised, none) = make_baselines(
        native, tiny_dataset, config, denoiser_dir=tmp_path, preset="smoke", log=lines.append,
        role="native", name="short",
    )  # fmt: skip
    assert {(target.name, target.role) for target in (threshold, denoised)} == {("short", "native")}
    assert read_config(tmp_path)["eps"] == 0.2
    assert columns[0].attacks[3].name == "PGD-3 from the bare short"
    assert (threshold.defence, denoised.defence) == ("threshold at 0.5", "denoising autoencoder")
    assert [attack.name for attack in columns[0].attacks][2] == "PixelFlips"
    assert none == ()
    assert "0 images have no pixel that eps can flip" in lines[0]
    with pytest.raises(InputError, match="the baselines are for Linf"):
        make_baselines(native, tiny_dataset, EvalConfig(norm="L2", eps=0.2), denoiser_dir=tmp_path,
                       preset="smoke", log=lines.append)  # fmt: skip
