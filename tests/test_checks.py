"""Planted faults raise their check and an honest model raises none."""

import json

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.data import Split
from aaa_tf.errors import InputError
from aaa_tf.evaluation import check_catalogue
from aaa_tf.evaluation.check_catalogue import CATALOGUE
from aaa_tf.evaluation.checks import MEASURES, Check, run_checks
from tests.check_subjects import make_subject, train
from tests.conftest import make_split

EPS = 0.2  # breaks half of the images
NEEDS_ATTACK = {
    "more steps weaker",
    "larger eps weaker",
    "unbounded eps survived",
    "Square stronger",
    "transfer stronger",
}
NEEDS_GRADIENT = NEEDS_ATTACK | {"zero gradients", "loss surface"}


@pytest.fixture(scope="module")
def honest():
    return train(0)


@pytest.fixture(scope="module")
def split():
    return make_split(40, 3)


@pytest.fixture(autouse=True)
def few_queries(monkeypatch):
    monkeypatch.setattr(check_catalogue, "NUM_QUERIES", 200)


def outcomes(checks, is_raised):
    """Names of the checks that were raised (True), not raised (False), or skipped (None)."""
    return {
        check.name
        for check in checks
        if (None if check.is_skipped else check.is_raised) is is_raised
    }


def test_an_honest_model_raises_nothing(honest, split):
    lines = []
    checks = run_checks(honest, split, eps=EPS, transfer_source=train(1), log=lines.append)
    assert [check.name for check in checks] == list(CATALOGUE)
    assert outcomes(checks, False) == set(CATALOGUE)
    assert lines == [check.line for check in checks]
    counts = dict(zip(CATALOGUE, checks, strict=True))["larger eps weaker"].found
    assert counts.startswith("broken by eps 0.1: 0, eps 0.2: ")


@pytest.mark.parametrize("measure", ["zero gradients", "loss surface", "larger eps weaker",
                                     "unbounded eps survived"])  # fmt: skip
def test_an_honest_model_raises_nothing_in_l2(honest, split, measure):
    logits = honest(split.images).numpy()
    subject = make_subject(
        None, logits_fn=honest, images=split.images, labels=split.labels, logits=logits, eps=1.0,
        norm="L2",
    )  # fmt: skip
    is_raised, found = MEASURES[measure](subject)
    assert not is_raised, found


def test_scaled_logits_have_no_cross_entropy_gradient(honest, split):
    checks = run_checks(lambda x: 1000 * honest(x), split, eps=EPS)
    assert outcomes(checks, True) == {"zero gradients", "Square stronger"}
    assert outcomes(checks, None) == {"transfer stronger"}
    assert "margin 0.0%" in checks[2].found
    assert "xent 0.0%" not in checks[2].found


def test_noise_before_the_model_is_random(honest, split):
    def noisy(images):
        noise = tf.random.normal(tf.shape(images), stddev=0.02)
        return honest(images + tf.stop_gradient(noise))

    # Far from the edge of robustness, where luck would decide the comparisons of attacks too.
    assert outcomes(run_checks(noisy, split, eps=0.06), True) == {"randomness"}


def test_a_saturated_front_end_is_flat_everywhere(honest):
    """Each pixel is 0 or 1 and far from 0.45, where the front end's only slope is."""
    clean = make_split(40, 3)
    images = np.where(clean.images > 0.45, 0.7, 0.2).astype(np.float32)

    def saturated(images):
        return honest(0.3 * tf.sigmoid(2000 * (images - 0.45)) + 0.2)

    checks = run_checks(saturated, Split(images, clean.labels), eps=0.06)
    assert outcomes(checks, True) == {"zero gradients", "loss surface", "unbounded eps survived"}
    assert "xent 100.0%, margin 100.0%" in checks[2].found


def test_a_staircase_has_no_gradient_and_says_so(honest, split):
    checks = run_checks(lambda x: honest(tf.round(8 * x) / 8), split, eps=EPS)
    assert outcomes(checks, True) == set()
    assert outcomes(checks, None) == NEEDS_GRADIENT
    for check in checks:
        assert not check.is_skipped or "gradient" in check.found or "source" in check.found


def test_softmax_is_recognised_and_attacks_refuse_it(honest, split):
    checks = run_checks(lambda x: tf.nn.softmax(honest(x)), split, eps=EPS)
    assert outcomes(checks, True) == {"probabilities as logits"}
    assert outcomes(checks, None) == NEEDS_ATTACK
    assert "returns probabilities" in checks[-2].found


def test_a_reversed_gradient_loses_to_those_who_do_not_use_it(honest, split):
    @tf.custom_gradient
    def reverse(images):
        return images, lambda upstream: -upstream

    def reversed_model(images):
        return honest(reverse(images))

    subject = make_subject(
        None, logits_fn=reversed_model, images=split.images, labels=split.labels,
        logits=honest(split.images).numpy(), eps=0.3, transfer_source=honest,
    )  # fmt: skip
    for name in ("loss surface", "Square stronger", "transfer stronger"):
        is_raised, found = MEASURES[name](subject)
        assert is_raised, found


def test_without_a_correct_image_everything_is_skipped(honest, split):
    wrong = Split(split.images, (np.argmax(honest(split.images), axis=1) + 1) % 3)
    checks = run_checks(honest, wrong, eps=EPS)
    assert outcomes(checks, None) == set(CATALOGUE)
    assert {check.found for check in checks} == {"skipped: no image is classified correctly"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eps": 0.0}, "eps of the checks must be above 0"),
        ({"norm": "L1"}, "unknown norm 'L1'"),
        ({"logits_fn": lambda x: tf.fill((tf.shape(x)[0], 3), np.nan)}, "NaN or infinity"),
        ({"split": Split(np.zeros((2, 8, 8, 1), np.float32), np.array([0, 3]))}, "labels go from"),
    ],
)
def test_what_cannot_be_checked_is_refused(honest, split, changes, message):
    values = {"logits_fn": honest, "split": split, "eps": EPS} | changes
    with pytest.raises(InputError, match=message):
        run_checks(values.pop("logits_fn"), values.pop("split"), **values)


def test_a_check_becomes_json():
    check = Check("zero gradients", False, "skipped: no gradient", *CATALOGUE["zero gradients"])
    values = json.loads(json.dumps(check.to_dict()))
    assert set(values) == {"name", "is_raised", "found", "raised_if", "meaning", "advice"}
    assert values["is_raised"] is False
    assert check.line == "zero gradients: skipped: no gradient"
