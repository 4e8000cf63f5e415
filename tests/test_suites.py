import dataclasses
import json

import numpy as np
import pytest

from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.by_name import make_attack
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.transfer import Transfer
from aaa_tf.config import EvalConfig
from aaa_tf.errors import InputError
from aaa_tf.evaluation import suites
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import Target, make_defended_target
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import IMAGE_SHAPE, build_tiny_classifier, make_split

GUIDES = (make_split(8, 1).images, make_split(8, 1).labels)


def build(config, target, num_classes=10):
    return suites.build_columns(config, target, num_classes=num_classes, guides=GUIDES, seed=0)


def defended(kind="conv"):
    model = build_tiny_classifier()
    shape = IMAGE_SHAPE if kind == "conv" else (16, 16, 1)
    return make_defended_target(
        freeze_keras("tiny", model), build_autoencoder(kind, image_shape=shape, seed=0)
    )


PLAIN = Target("plain", lambda images: images[:, 0, 0])


@pytest.mark.parametrize(
    ("suite", "eps", "num_steps", "num_restarts", "names"),
    [
        ("paper_mnist", 0.3, 100, 50, ["PGD-100", "CW-L2", "APGD-L2"]),
        ("paper_fashion", 0.2, 100, 50, ["PGD-100", "CW-L2", "APGD-L2"]),
        ("paper_cifar10", 8 / 255, 20, 10, ["PGD-20"]),
    ],
)
def test_papers_protocols(suite, eps, num_steps, num_restarts, names):
    columns = build(EvalConfig(suite=suite, eps=0.01, step_size=0.01), PLAIN)
    assert [column.name for column in columns] == names
    pgd = columns[0].attacks[0]
    assert (pgd.eps, pgd.num_steps, pgd.num_restarts) == (eps, num_steps, num_restarts)
    if len(columns) > 1:
        cw, apgd = columns[1].attacks[0], columns[2].attacks[0]
        assert (cw.initial_constant, cw.num_search_steps, cw.num_steps) == (100, 1, 1000)
        assert (cw.eps, apgd.eps, apgd.norm) == (3, 3, "L2")


def test_autoattack_is_one_ensemble_of_four():
    (column,) = build(EvalConfig(suite="autoattack", eps=0.3), PLAIN)
    assert [attack.name for attack in column.attacks] == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert column.attacks[3].num_queries == 5001


def test_supplement_attacks_what_is_known_of_the_autoencoder():
    config = EvalConfig(suite="supplement", eps=0.1)
    names = {kind: [c.name for c in build(config, defended(kind))] for kind in ("conv", "unet")}
    common = ["PGD-100", "PGD-100-mse", "PGD-100-mse+xent", "latent"]
    assert names["conv"] == [*common, "PGD-100, oblivious"]
    assert names["unet"] == [*common, "latent, bottleneck alone", "PGD-100, oblivious"]
    assert [c.name for c in build(config, PLAIN)] == ["PGD-100"]


def test_a_list_is_one_ensemble_with_the_flags_of_pgd():
    config = EvalConfig(
        attacks=("pgd", "square"), eps=0.1, step_size=0.02, num_steps=7, num_restarts=3
    )
    (column,) = build(config, PLAIN)
    assert column.name == "PGD-7 + Square"
    assert column.attacks[0].num_restarts == 3


@pytest.mark.parametrize(
    ("values", "dataset", "message"),
    [
        ({"suite": "best"}, "mnist", "unknown suite 'best'; known: autoattack, paper_cifar10"),
        ({"attacks": ("pgd", "magic")}, "mnist", "unknown attack 'magic'; known: apgd_ce"),
        ({"attacks": ()}, "mnist", "no attack given"),
        ({"suite": "paper_mnist"}, "digits", "the paper's protocol for mnist, not for digits"),
        ({"attacks": ("cw",)}, "mnist", "give --norm=L2"),
        ({"num_steps": 20, "step_size": 5e-4}, "mnist", r"20 steps of 0.0005 go 0.01 far, less"),
        ({"attacks": ("square", "square")}, "mnist", "an attack is listed twice: Square, Square"),
        ({"attacks": ("fgsm", "pgd"), "num_steps": 1, "step_size": 0.1}, "mnist", "twice: PGD-1,"),
    ],
)
def test_wrong_suites_are_refused_before_anything_runs(values, dataset, message):
    with pytest.raises(InputError, match=message):
        suites.require_suite(EvalConfig(**values), dataset)


def test_a_column_has_each_attack_once():
    with pytest.raises(InputError, match="listed twice: APGD-CE, APGD-CE"):
        suites.Column("own", (APGD(eps=0.1), APGD(eps=0.1, num_steps=7)))


@pytest.mark.parametrize("others", [(PGD(eps=0.2, step_size=0.1),), (APGD(eps=0.1, norm="L2"),)])
def test_a_column_has_one_threat_model(others):
    with pytest.raises(InputError, match="the attacks of column mixed differ in norm or eps"):
        suites.Column("mixed", (APGD(eps=0.1), *others))


def test_stopping_early_is_told_only_where_an_attack_does_not():
    pgd = PGD(eps=0.2, step_size=0.1)
    assert "stops_early" not in suites.describe_attack(pgd)
    assert suites.describe_attack(Transfer(pgd, source=None))["stops_early"] is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"suite": "autoattck"}, "unknown suite 'autoattck'; known: autoattack"),
        ({"attacks": ("magic",)}, "unknown attack 'magic'"),
        ({"attacks": ()}, "no attack given"),
        ({"num_steps": 2, "step_size": 0.01}, "2 steps of 0.01 go 0.02 far"),
        ({"suite": "supplement", "num_steps": 2, "step_size": 0.01}, "go 0.02 far"),
    ],
)
def test_they_are_refused_from_python_too(tiny_dataset, values, message):
    with pytest.raises(InputError, match=message):
        evaluate_robustness(build_tiny_classifier(), tiny_dataset.test, EvalConfig(**values))


@pytest.mark.parametrize(
    ("attacks", "norm", "seeds"),
    [
        (("cw",), "L2", [2, 2]),
        (("fab",), "Linf", [2, 2]),
        (("fab_t",), "Linf", [2, 2]),
        (("square",), "Linf", [2, 3]),
        (("fab", "square"), "Linf", [2, 3]),
    ],
)
def test_what_draws_nothing_is_one_column_for_all_seeds(attacks, norm, seeds):
    config = EvalConfig(attacks=attacks, eps=0.1, norm=norm, seed=2)
    columns = [
        suites.build_columns(config, PLAIN, num_classes=10, guides=GUIDES, seed=seed)[0]
        for seed in (2, 3)
    ]
    assert [[a.seed for a in column.attacks] for column in columns] == [
        [seed] * len(attacks) for seed in seeds
    ]
    assert (columns[0].describe() == columns[1].describe()) == (seeds == [2, 2])


@pytest.mark.parametrize(
    ("name", "norm", "num_steps"), [("cw", "L2", 200), ("fab", "Linf", 5), ("fab_t", "Linf", 5)]
)
def test_what_is_said_to_draw_nothing_finds_the_same_with_any_seed(name, norm, num_steps):
    split, model = make_split(8, 1), build_tiny_classifier()
    found = []
    for seed in (2, 3):
        attack = make_attack(name, eps=1.0, norm=norm, num_classes=3, seed=seed)
        attack = dataclasses.replace(attack, num_steps=num_steps)
        labels = model(split.images).numpy().argmax(axis=1)
        found.append(attack(model, split.images, labels))
    assert (found[0] != split.images).any()
    np.testing.assert_array_equal(*found)


def test_columns_of_ones_own_may_stand_alone(tiny_dataset):
    own = suites.Column("own", (APGD(eps=0.1, num_steps=2),))
    config = EvalConfig(attacks=(), eps=0.1)
    result = evaluate_robustness(
        build_tiny_classifier(), tiny_dataset.test, config, extra_columns=[own]
    )
    assert [column.column.name for column in result.columns] == ["own"]


def test_numbers_of_numpy_are_numbers():
    ours, theirs = (
        suites.describe_attack(PGD(eps=0.2, step_size=s)) for s in (0.5, np.float64(0.5))
    )
    assert ours == theirs
    described = suites.describe_attack(APGD(eps=0.2, num_steps=np.int64(7)))
    assert json.loads(json.dumps(described))["num_steps"] == 7
