"""What is evaluated: a classifier, or one behind a defence whose parts are known."""

import pytest

from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import Target, make_bare_target
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier


def test_the_oblivious_adversary_sees_the_bare_classifier_alone(tiny_dataset):
    """Behind a front end that undoes every perturbation it breaks nothing, and is labelled."""
    classifier = freeze_keras("tiny", build_tiny_classifier())
    clean = tiny_dataset.test.images
    target = Target(
        "shielded", lambda images: classifier.logits_fn(images * 0 + clean[: len(images)]),
        bare_logits_fn=classifier.logits_fn,
    )  # fmt: skip
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
