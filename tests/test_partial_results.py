"""Kill and go on: a killed evaluation ends with what an unbroken one finds, and repeats nothing."""

import importlib
import sys

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.objectives import xent
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer
from aaa_tf.config import EvalConfig
from aaa_tf.data import Split
from aaa_tf.evaluation import robustness
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.suites import Column
from aaa_tf.evaluation.target import Target
from tests.conftest import build_tiny_classifier, make_split

CONFIG = EvalConfig(eps=0.1, step_size=0.05, num_steps=3, num_restarts=3, batch_size=7)
EXTRA = [
    Column(
        "both",
        (
            PGD(eps=0.1, step_size=0.01, num_steps=2, random_start=False),
            Square(eps=0.1, num_queries=9),
        ),
    )
]


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def target():
    model = build_tiny_classifier()
    return Target("tiny", lambda images: model(images, training=False), fingerprint="weights")


def evaluate(target, folder, kill_after=None, split=None):
    """Evaluates; stops the way a kill would after `kill_after` lines of progress."""
    lines = []

    def report(line):
        lines.append(line)
        if len(lines) == kill_after:
            raise Killed

    split = make_split(24, 3) if split is None else split
    result = evaluate_robustness(
        target, split, CONFIG, folder=folder, extra_columns=EXTRA, report=report
    )
    return result, lines


def facts(result):
    return [
        (c.attacked.num_robust, c.attacked.num_gradients, c.attacked.num_queries,
         c.attacked.is_robust.tolist(), c.attacked.broken_by.tolist())
        for c in result.columns
    ]  # fmt: skip


def test_killed_anywhere_it_ends_as_if_unbroken(target, tmp_path):
    whole, lines = evaluate(target, None)
    for kill_after in range(1, len(lines) + 1, 4):
        folder = tmp_path / str(kill_after)
        with pytest.raises(Killed):
            evaluate(target, folder, kill_after)
        resumed, _ = evaluate(target, folder)
        assert facts(resumed) == facts(whole)
        for one, other in zip(whole.columns, resumed.columns, strict=True):
            np.testing.assert_array_equal(
                one.attacked.adversarial_images, other.attacked.adversarial_images
            )


def test_what_is_finished_is_not_repeated(target, tmp_path):
    evaluate(target, tmp_path)
    _, lines = evaluate(target, tmp_path)
    assert len(lines) == 2
    assert all("goes on after the rounds kept in" in line for line in lines)


def test_the_commits_that_ran_the_rounds_are_told(target, tmp_path, monkeypatch):
    monkeypatch.setattr(robustness, "git_commit", lambda: "first")
    _, lines = evaluate(target, None)
    with pytest.raises(Killed):
        evaluate(target, tmp_path, 1 + [line[:6] for line in lines].index("Square"))
    monkeypatch.setattr(robustness, "git_commit", lambda: "second")
    resumed, _ = evaluate(target, tmp_path)
    assert [list(column.commits) for column in resumed.columns] == [["first"], ["first", "second"]]
    again, _ = evaluate(target, tmp_path)
    assert [column.commits for column in again.columns] == [c.commits for c in resumed.columns]


def test_a_damaged_file_is_discarded_with_a_line(target, tmp_path):
    whole, _ = evaluate(target, tmp_path)
    for path in tmp_path.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(bytes(content) if "both" in path.name else bytes(content[:100]))
    again, lines = evaluate(target, tmp_path)
    assert sum("is damaged" in line and "discarded" in line for line in lines) == 2
    assert facts(again) == facts(whole)


def test_another_model_or_other_data_take_nothing_from_it(target, tmp_path):
    evaluate(target, tmp_path)
    other = Target("tiny", target.logits_fn, fingerprint="other weights")
    _, lines = evaluate(other, tmp_path)
    assert not any("goes on" in line for line in lines)
    split = make_split(24, 3)
    _, lines = evaluate(target, tmp_path, split=Split(split.images * 0.99, split.labels))
    assert not any("goes on" in line for line in lines)


def test_functions_that_predict_the_same_are_told_apart(target, tmp_path):
    evaluate(Target("mine", target.logits_fn), tmp_path)
    _, lines = evaluate(Target("mine", target.logits_fn), tmp_path)
    assert any("goes on" in line for line in lines)
    _, lines = evaluate(Target("mine", lambda images: 3 * target.logits_fn(images)), tmp_path)
    assert not any("goes on" in line for line in lines)


def test_another_gradient_or_source_of_the_same_answers_is_another_model(tmp_path):
    model, split = build_tiny_classifier(), make_split(24, 3)

    def half_blind(images):
        return model(0.5 * images + tf.stop_gradient(0.5 * images))

    targets = [Target("tiny", logits_fn) for logits_fn in (model, half_blind)]
    files = []
    for target in targets:
        evaluate(target, tmp_path)
        files.append(set(tmp_path.iterdir()))
    assert len(files[1]) == 2 * len(files[0])
    for source in (model, build_tiny_classifier(1)):
        column = Column("t", (Transfer(PGD(eps=0.1, step_size=0.05, num_steps=2), source),))
        evaluate_robustness(targets[0], split, CONFIG, folder=tmp_path, extra_columns=[column])
    assert len(set(tmp_path.glob("*_t_*.npz"))) == 2


def test_a_transfer_from_a_source_that_answers_at_random_is_one_file(tmp_path):
    model, split = build_tiny_classifier(), make_split(24, 3)
    generator = tf.random.Generator.from_seed(0)

    def random(images):
        return model(images) + generator.normal((len(images), 1))

    attack = PGD(eps=0.1, step_size=0.05, num_steps=2, num_restarts=3)
    column = Column("t", (Transfer(attack, random),))
    evaluate_robustness(model, split, CONFIG, folder=tmp_path, extra_columns=[column])
    assert len(set(tmp_path.glob("*_t_*.npz"))) == 1


OWN = """
import dataclasses
import tensorflow as tf
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.pgd import PGD

@dataclasses.dataclass(frozen=True, kw_only=True)
class Own(Attack):
    def search(self, logits_fn, images, labels, round_index, key, index):
        return Found(tf.clip_by_value(images + {move}, 0, 1), 0, 1)
"""


def test_an_attack_of_ones_own_is_known_by_its_file(target, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    told = []
    for move in ("0.1", "0.1", "-0.1"):
        (tmp_path / "own_attack.py").write_text(OWN.format(move=move))
        monkeypatch.delitem(sys.modules, "own_attack", raising=False)
        attack = importlib.import_module("own_attack").Own(eps=0.1)
        lines = []
        evaluate_robustness(
            target, make_split(24, 3), CONFIG, folder=tmp_path / "kept", report=lines.append,
            extra_columns=[Column("own", (attack,))],
        )  # fmt: skip
        told.append(any(line.startswith("own: goes on") for line in lines))
    assert told == [False, True, False]


def test_an_attack_with_a_function_is_not_taken_for_another(target, tmp_path):
    robust = []
    for sign in (-1, 1):
        attack = PGD(eps=0.2, step_size=0.1, num_steps=5, loss=lambda z, y, s=sign: s * xent(z, y))
        lines = []
        result = evaluate_robustness(
            target, make_split(24, 3), CONFIG, folder=tmp_path, report=lines.append,
            extra_columns=[Column("own", (attack,))],
        )  # fmt: skip
        robust.append(result.columns[1].num_robust)
        assert any("own: its rounds are not kept" in line for line in lines)
    assert robust[1] < robust[0]
