"""What is evaluated: a classifier, or one behind a defence whose parts are known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.errors import InputError
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import Target, make_bare_target, make_defended_target
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier


def test_the_oblivious_adversary_sees_the_bare_classifier_alone(tiny_dataset):
    """Behind a front end that undoes nearly all of every perturbation it breaks nothing."""
    classifier = freeze_keras("tiny", build_tiny_classifier())
    clean = tiny_dataset.test.images
    target = Target(
        "shielded",
        lambda images: classifier.logits_fn(1e-5 * images + (1 - 1e-5) * clean[: len(images)]),
        bare_logits_fn=classifier.logits_fn,
    )
    bare = make_bare_target(classifier)
    config = EvalConfig(eps=0.3, step_size=0.1, num_steps=5, num_restarts=4, batch_size=24)
    split = Split(clean, classifier.logits_fn(clean).numpy().argmax(1))
    results = [evaluate_robustness(one, split, config) for one in (bare, target)]
    assert results[0].num_robust < len(clean)
    (_, oblivious) = results[1].columns
    assert oblivious.column.adversary == "oblivious"
    assert oblivious.num_robust == len(clean)
    described = oblivious.column.describe()["attacks"][0]
    assert (described["source"], described["num_restarts"]) == ("the bare classifier", 1)


@pytest.mark.parametrize(
    ("defence", "label"), [("none", "A"), ("as loaded", "A"), ("AAA", "A, AAA")]
)
def test_a_title_names_the_defence_where_there_is_one(defence, label):
    assert Target("A", lambda images: images, defence=defence).label == label


def test_a_defence_may_be_any_function(tiny_dataset):
    """One that gives a gradient is attacked through it; one that gives none is refused."""
    classifier = freeze_keras("tiny", build_tiny_classifier())
    config = EvalConfig(eps=0.1, step_size=0.05, num_steps=3)
    darker = make_defended_target(classifier, lambda images: 0.5 * images, defence="darker")
    assert darker.has_gradient
    result = evaluate_robustness(darker, tiny_dataset.test, config)
    assert [column.column.adversary for column in result.columns] == ["adaptive", "oblivious"]
    images = tiny_dataset.test.images
    np.testing.assert_allclose(darker.logits_fn(images), classifier(0.5 * images), atol=1e-5)
    inputs = keras.Input((8, 8, 1))
    for rounding in (tf.round, keras.Model(inputs, keras.ops.sign(inputs - 0.5) + 0.5)):
        rounded = make_defended_target(classifier, rounding, defence="rounded")
        with pytest.raises(InputError, match="needs a gradient"):
            evaluate_robustness(rounded, tiny_dataset.test, config)


def test_a_frozen_classifier_is_evaluated_as_it_is(tiny_dataset):
    classifier = freeze_keras("tiny", build_tiny_classifier())
    config = EvalConfig(eps=0.1, step_size=0.05, num_steps=3)
    results = [
        evaluate_robustness(target, tiny_dataset.test, config)
        for target in (classifier, make_bare_target(classifier))
    ]
    assert results[0].num_robust == results[1].num_robust
    assert results[0].target.fingerprint == results[1].target.fingerprint
    with pytest.raises(InputError, match=r"needed: a Split such as dataset\.test, not Dataset"):
        evaluate_robustness(classifier, tiny_dataset, config)


def test_targets_of_one_report_have_names_of_their_own(tiny_dataset, tmp_path):
    classifier = freeze_keras("tiny", build_tiny_classifier())
    targets = [make_defended_target(classifier, f) for f in (tf.identity, tf.sqrt)]
    config = EvalConfig(eps=0.1, step_size=0.05, num_steps=3)
    for wrong, message in (
        (targets, "two targets are called alike: tiny, AAA; tiny, AAA"),
        ([classifier], "needed: a list of Targets"),
    ):
        with pytest.raises(InputError, match=message):
            run_evaluation(wrong, tiny_dataset, config, report_dir=tmp_path / "report")
    assert not (tmp_path / "report").exists()
