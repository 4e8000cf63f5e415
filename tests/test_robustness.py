import dataclasses

import keras
import pytest
import tensorflow as tf

from aaa_tf.attacks.carlini_wagner import papers_mode
from aaa_tf.attacks.pgd import PGD
from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.errors import InputError
from aaa_tf.evaluation.robustness import evaluate_clean, evaluate_robustness, predict
from aaa_tf.evaluation.suites import Column
from aaa_tf.evaluation.target import Target
from aaa_tf.models.classifiers import build_classifier
from aaa_tf.models.frozen import freeze_keras
from tests.mean_pixel_model import make_split_of_means, mean_pixel_logits


@pytest.fixture
def split():
    return make_split_of_means()


@pytest.mark.parametrize("batch_size", [3, 10, 64])
def test_counts_in_closed_form(split, batch_size):
    config = EvalConfig(eps=0.2, step_size=0.05, num_steps=10, num_restarts=2,
                        batch_size=batch_size, num_examples=0)  # fmt: skip
    result = evaluate_robustness(mean_pixel_logits, split, config)
    assert (result.num_examples, result.num_correct, result.num_robust) == (10, 9, 5)
    attacked = result.columns[0].attacked
    assert attacked.is_robust.tolist() == [True, True, False] + [False] * 4 + [True] * 3
    assert result.robust_accuracy == 0.5
    assert result.clean_accuracy == 0.9
    assert attacked.num_robust == {"PGD-10": [5, 5]}
    # Ten steps for nine rows and for five survivors, in batches filled up to the size of the first;
    # a batch that is broken as a whole stops early, which only the small ones are.
    if batch_size == 3:
        assert attacked.num_gradients["PGD-10"] < 10 * (3 * 3 + 2 * 3)
    else:
        assert attacked.num_gradients["PGD-10"] == 10 * (9 + 9)


def test_first_examples_only_and_progress(split):
    lines = []
    config = EvalConfig(eps=0.1, step_size=0.1, num_steps=1, num_restarts=2, num_examples=4)
    result = evaluate_robustness(mean_pixel_logits, split, config, report=lines.append)
    assert result.num_examples == 4
    assert lines[0] == "PGD-1: 50% done, accuracy so far at most 75.00%"
    assert lines[1].startswith("PGD-1: 100% done")


def test_time_left_is_told_between_the_first_and_the_last_batch(split):
    lines = []
    config = EvalConfig(eps=0.1, step_size=0.1, num_steps=1, num_restarts=3, num_examples=4)
    evaluate_robustness(mean_pixel_logits, split, config, report=lines.append)
    assert ["s left" in line for line in lines] == [False, True, False]


def test_no_example_is_refused(split):
    with pytest.raises(InputError, match="no example to evaluate"):
        evaluate_robustness(
            mean_pixel_logits, Split(split.images[:0], split.labels[:0]), EvalConfig()
        )


def test_columns_start_from_every_correct_image(split):
    """Of two columns the second is not spared what the first has broken."""
    weak, strong = (PGD(eps=eps, step_size=eps, num_steps=2) for eps in (0.05, 0.3))
    config = EvalConfig(eps=0.5, step_size=0.5, num_steps=2)
    extra = [Column("weak", (weak,)), Column("strong", (strong,))]
    result = evaluate_robustness(mean_pixel_logits, split, config, extra_columns=extra)
    assert [column.num_robust for column in result.columns] == [0, 8, 4]
    assert [int(c.attacked.is_correct.sum()) for c in result.columns] == [9, 9, 9]


def test_larger_eps_is_never_weaker(split):
    robust = [
        evaluate_robustness(
            mean_pixel_logits, split, EvalConfig(eps=eps, step_size=eps / 2, num_steps=5)
        ).num_robust
        for eps in (0.01, 0.1, 0.3, 0.5, 1.0)
    ]
    assert robust == sorted(robust, reverse=True)
    assert robust[0] == 9
    assert robust[-1] == 0


def test_predictions_of_a_remainder_are_kept(split):
    assert len(predict(mean_pixel_logits, split.images, 4)) == 10


def test_a_naturally_trained_mnist_network_falls_to_nothing(mnist):
    """Network C after 150 updates reads digits, and none survives PGD-40 at eps 0.3."""
    model = build_classifier("C", image_shape=(28, 28, 1), num_classes=10, seed=0)
    model.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False
    )
    model.fit(mnist.train.images[:19200], mnist.train.labels[:19200], 128, verbose=0, shuffle=False)
    config = EvalConfig(eps=0.3, step_size=0.01, num_steps=40, num_restarts=1, num_examples=200)
    result = evaluate_robustness(freeze_keras("C", model).logits_fn, mnist.test, config)
    assert result.clean_accuracy > 0.85
    assert result.num_robust == 0


def test_an_attack_without_random_draws_is_not_repeated_for_other_seeds(split):
    config = EvalConfig(eps=0.2, step_size=0.05, num_steps=4, num_restarts=1, seeds=3)
    column = Column("CW-L2", (papers_mode(eps=3.0),))
    result = evaluate_robustness(mean_pixel_logits, split, config, extra_columns=(column,))
    pgd, _ = result.columns
    assert len(pgd.by_seed) == 3
    for name in ("fgsm", "fab"):
        config = dataclasses.replace(config, attacks=(name,))
        (found,) = evaluate_robustness(mean_pixel_logits, split, config).columns
        assert len(found.by_seed) == 1


def test_a_clean_evaluation_of_no_number_or_no_image_is_told(split):
    config = EvalConfig(eps=0.2, step_size=0.05, num_steps=3, num_restarts=1)
    with pytest.raises(InputError, match="the model returns NaN"):
        evaluate_clean(lambda x: 0 * mean_pixel_logits(x) / 0, split, config)
    with pytest.raises(InputError, match="there is no example to evaluate"):
        evaluate_clean(mean_pixel_logits, Split(split.images[:0], split.labels[:0]), config)


def test_a_gradient_that_shows_at_the_images_alone_is_used(split):
    target = Target("a detector, blind to noise", mean_pixel_logits, has_gradient=False)
    config = EvalConfig(eps=0.2, step_size=0.05, num_steps=10)
    assert evaluate_robustness(target, split, config).num_robust == 5


def test_a_gradient_of_0_is_refused_of_a_plain_function_too(split):
    """Attacks that follow it would leave everything, and call it robust."""

    def stepped(images):
        return mean_pixel_logits((tf.sign(images - 0.5) + 1) / 2)

    with pytest.raises(InputError, match="needs a gradient"):
        evaluate_robustness(stepped, split, EvalConfig(attacks=("apgd_ce",), eps=0.1))
    square = EvalConfig(attacks=("square",), eps=0.1)
    assert evaluate_robustness(stepped, split, square).clean_accuracy > 0
