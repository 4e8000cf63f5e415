"""How attacks share the work: survivors, names, counts, and what is refused."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.from_function import attack_from_function
from aaa_tf.attacks.pgd import PGD, fgsm
from aaa_tf.attacks.runner import even_batch_size, run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.errors import InputError
from tests.attack_inputs import SHAPE
from tests.conftest import build_tiny_classifier


def test_suite_hands_survivors_on_and_names_who_broke_a_row(attacked_model, attacked_data):
    attacks = [fgsm(eps=0.03), APGD(eps=0.03, num_steps=20), Square(eps=0.03, num_queries=50)]
    result = run_attacks(attacks, attacked_model, *attacked_data)
    counts = [result.num_robust[attack.name][-1] for attack in attacks]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == result.is_robust.sum()
    for before, attack, after in zip(
        [int(result.is_correct.sum()), *counts], attacks, counts, strict=False
    ):
        assert (result.broken_by == attack.name).sum() == before - after
    assert result.num_gradients["Square"] == 0
    assert result.num_queries["Square"] > 0


@pytest.mark.parametrize(
    ("logits_fn", "labels", "message"),
    [
        (lambda x: tf.fill((tf.shape(x)[0], 3), np.nan), [0, 1], "returns NaN"),
        (lambda x: tf.nn.softmax(tf.reshape(x, (-1, 36))[:, :3]), [0, 1], "returns probabilities"),
        (lambda x: tf.reshape(x, (-1, 36))[:, :3], [0, 3], "labels go from 0 to 3"),
        (lambda x: tf.reshape(x, (-1, 36))[:, :3], [-1, 0], "labels go from -1"),
    ],
)
def test_models_and_labels_that_cannot_be_attacked(logits_fn, labels, message):
    images = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    with pytest.raises(InputError, match=message):
        run_attacks([fgsm(eps=0.1)], logits_fn, images, labels)


@pytest.mark.parametrize(
    ("value", "shape"), [(255, SHAPE), (-0.1, SHAPE), (np.nan, SHAPE), (0.5, SHAPE[:2])]
)
def test_images_that_no_attack_could_move_within_eps(value, shape):
    """Every candidate lies in [0, 1], so all of them would count as robust."""
    with pytest.raises(InputError, match=r"must be \(N, height, width, channels\), finite and in"):
        run_attacks([fgsm(eps=8)], lambda x: x, np.full((2, *shape), value), [0, 0])


def test_keras_model_and_saved_model_are_attacked_alike(defended_setting, tmp_path):
    *_, images, _ = defended_setting
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


def test_no_attack_pays_for_rows_that_others_have_broken(attacked_model, attacked_data):
    first, second = fgsm(eps=0.03), Square(eps=0.03, num_queries=50)
    alone = run_attacks([second], attacked_model, *attacked_data)
    per_row = alone.num_queries["Square"] / alone.is_correct.sum()
    after = run_attacks([first, second], attacked_model, *attacked_data)
    num_met = after.num_robust[first.name][-1]
    assert 0 < num_met < alone.is_correct.sum()
    assert after.num_queries["Square"] == num_met * per_row


@pytest.mark.parametrize(
    ("size", "limit", "expected"), [(10, 4, 4), (9, 4, 3), (8, 4, 4), (5, 100, 5), (0, 4, 1)]
)
def test_batches_are_as_even_as_the_limit_allows(size, limit, expected):
    assert even_batch_size(size, limit) == expected


@pytest.mark.parametrize(
    ("attacks", "labels", "message"),
    [
        ([fgsm(eps=0.1), fgsm(eps=0.2)], [0, 1], "the attacks differ in norm or eps"),
        ([fgsm(eps=0.1), APGD(eps=0.1, norm="L2")], [0, 1], "the attacks differ in norm or eps"),
        ([], [0, 1], "or are none"),
        (fgsm(eps=0.1), [0, 1], r"needed: a list of attacks, such as \[PGD-1\]"),
        (["pgd"], [0, 1], "'pgd' is no attack; needed: PGD"),
        ([fgsm(eps=0.1)], [[1, 0, 0], [0, 1, 0]], r"labels have shape \(2, 3\)"),
    ],
)
def test_what_is_no_list_of_attacks_on_classes(attacks, labels, message):
    images = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    with pytest.raises(InputError, match=message):
        run_attacks(attacks, lambda x: tf.reshape(x, (-1, 36))[:, :3], images, labels)


def test_an_attack_that_leaves_its_ball_is_told(attacked_model, attacked_data):
    """It breaks nothing, and would pass for a robust model."""
    attack = attack_from_function(lambda f, images, y: 1 - images, name="inverse", eps=0.1)
    with pytest.warns(UserWarning, match=r"attempts of inverse are further than eps 0\.1"):
        result = run_attacks([attack], attacked_model, *attacked_data)
    assert result.is_robust.sum() == result.is_correct.sum()
    minimizing = dataclasses.replace(attack, minimizes_length=True)
    assert run_attacks([minimizing], attacked_model, *attacked_data).num_robust
