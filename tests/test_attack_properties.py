"""Properties that every attack has, from one table."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.apgd import APGD, TargetedAPGD
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
from aaa_tf.attacks.fab import FAB, TargetedFAB
from aaa_tf.attacks.pgd import PGD, fgsm
from aaa_tf.attacks.runner import AttackResult, run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.verify import verify_adversarial_images
from aaa_tf.errors import InputError
from tests.attack_inputs import SHAPE


def make_table(norm):
    """One of each attack with few steps; the radius lets some images be broken, not all."""
    eps = 0.05 if norm == "Linf" else 0.25
    shared = {"eps": eps, "norm": norm, "seed": 1}
    table = {
        "PGD": PGD(**shared, step_size=eps / 4, num_steps=8, num_restarts=2),
        "PGD-margin": PGD(**shared, step_size=eps / 4, num_steps=8, loss="margin"),
        "PGD-dlr": PGD(**shared, step_size=eps / 4, num_steps=8, loss="dlr"),
        "FGSM": fgsm(**shared),
        "APGD-CE": APGD(**shared, num_steps=20),
        "APGD-DLR": APGD(**shared, num_steps=20, loss="dlr", num_restarts=2),
        "APGD-T": TargetedAPGD(**shared, num_steps=10, num_targets=3),
        "FAB": FAB(**shared, num_steps=10, num_restarts=2),
        "FAB-T": TargetedFAB(**shared, num_steps=10, num_targets=3),
        "Square": Square(**shared, num_queries=200),
    }
    if norm == "L2":
        table["CW-L2"] = CarliniWagnerL2(eps=eps, num_steps=50, num_search_steps=3,
                                         initial_constant=1.0, learning_rate=0.05)  # fmt: skip
    return table


CASES = [(norm, name) for norm in norms.NORMS for name in make_table(norm)]


each_attack = pytest.mark.parametrize(("norm", "name"), CASES, ids=lambda part: part)


@pytest.fixture(scope="module")
def run(attacked_model, attacked_data):
    """The result of one attack in batches of a size, found once; not to be changed."""

    @functools.cache
    def run(norm, name, batch_size):
        attacks = [make_table(norm)[name]]
        return run_attacks(attacks, attacked_model, *attacked_data, batch_size=batch_size)

    return run


@each_attack
def test_images_are_allowed_and_flags_true(norm, name, attacked_model, attacked_data, run):
    attack = make_table(norm)[name]
    images, labels = attacked_data
    result = run(norm, name, 7)
    found = result.adversarial_images
    assert found.dtype == np.float32
    assert found.shape == images.shape
    predictions = np.argmax(attacked_model(found), axis=1)
    broken = result.is_correct & ~result.is_robust
    assert broken.sum() > 0
    assert np.all(predictions[broken] != labels[broken])
    assert np.array_equal(found[~result.is_correct], images[~result.is_correct])
    assert set(result.broken_by[broken]) == {attack.name}
    assert result.num_robust[attack.name] == sorted(result.num_robust[attack.name], reverse=True)
    verify_adversarial_images(images, found, attack.eps, norm)


@each_attack
def test_same_seed_same_result_and_call_gives_the_images(
    norm, name, attacked_model, attacked_data, run
):
    one = make_table(norm)[name](attacked_model, *attacked_data, batch_size=24)
    np.testing.assert_array_equal(one, run(norm, name, 24).adversarial_images)


@each_attack
def test_who_survives_does_not_depend_on_batches_or_on_earlier_attacks(
    norm, name, attacked_model, attacked_data, run
):
    whole = run(norm, name, 24)
    np.testing.assert_array_equal(whole.is_robust, run(norm, name, 7).is_robust)
    assert 0 < whole.is_robust.sum() < whole.is_correct.sum()
    # Some rows are broken before, so that the others are packed otherwise; their draws stay.
    earlier = np.arange(24) % 5 == 1
    broken_by = np.where(earlier, "an earlier attack", "").astype(object)
    start = AttackResult(
        whole.is_correct, whole.is_correct & ~earlier, attacked_data[0].copy(), broken_by,
        {}, {}, {}, {},
    )  # fmt: skip
    after = run_attacks(
        [make_table(norm)[name]], attacked_model, *attacked_data, batch_size=5, resume_from=start
    )
    np.testing.assert_array_equal(after.is_robust, whole.is_robust & ~earlier)


@each_attack
def test_compiled_once_whatever_survives(norm, name, attacked_model, attacked_data):
    num_traces = 0

    def counted(images):
        nonlocal num_traces
        num_traces += 1
        return attacked_model(images)

    attack = make_table(norm)[name]
    run_attacks([attack], counted, *attacked_data, batch_size=5)
    after_first = num_traces
    num_traces = 0
    run_attacks([attack], counted, *[part[:12] for part in attacked_data], batch_size=4)
    assert num_traces == after_first  # twice the rounds and batches, the same traces


@each_attack
def test_a_planted_adversarial_example_is_found(norm, name):
    """A model that is wrong on one side of a plane close to the image, and linear besides."""
    direction = np.random.default_rng(0).normal(size=(36, 1)).astype(np.float32)
    weights = tf.constant(np.concatenate([direction, -direction, 0 * direction, -1 + 0 * direction,
                                          -2 + 0 * direction], axis=1))  # fmt: skip
    images = np.full((3, *SHAPE), 0.5, np.float32)
    attack = make_table(norm)[name]
    rise = np.abs(direction).sum() if norm == "Linf" else np.linalg.norm(direction)
    # Class 0 leads class 1 by a third of what eps can change.
    lead = attack.eps * 2 * rise / 3 - 2 * 0.5 * direction.sum()
    bias = tf.constant([float(lead), 0.0, -50.0, -50.0, -50.0])
    result = run_attacks(
        [attack], lambda x: tf.reshape(x, (-1, 36)) @ weights + bias, images, np.zeros(3, np.int32)
    )
    assert result.is_correct.all()
    assert not result.is_robust.any()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PGD(eps=0.0, step_size=0.1), "eps of an attack must be above 0"),
        (lambda: PGD(eps=-1.0, step_size=0.1), "eps of an attack must be above 0"),
        (lambda: PGD(eps=0.1, step_size=0.1, norm="L1"), "known: L2, Linf"),
        (lambda: PGD(eps=0.1, step_size=0.0), "must be above 0"),
        (lambda: PGD(eps=0.1, step_size=0.1, loss="hinge"), "known: dlr, margin, xent"),
        (lambda: APGD(eps=0.1, num_steps=0), "num_steps must be at least 1"),
        (lambda: APGD(eps=0.1, num_restarts=0), "num_restarts must be at least 1"),
        (lambda: TargetedAPGD(eps=0.1, num_targets=0), "num_targets must be at least 1"),
        (lambda: TargetedFAB(eps=0.1, num_targets=0), "num_targets must be at least 1"),
        (lambda: PGD(eps=0.1, step_size=0.1, num_samples=0), "num_samples must be at least 1"),
        (lambda: FAB(eps=0.1, num_steps=0), "num_steps must be at least 1"),
        (lambda: Square(eps=0.1, num_queries=1), "num_queries must be at least 2"),
        (lambda: Square(eps=0.1, schedule_queries=0), "schedule_queries must be at least 1"),
        (lambda: CarliniWagnerL2(eps=1.0, norm="Linf"), "is the L2 one"),
        (lambda: CarliniWagnerL2(eps=1.0, num_steps=0), "must be at least 1"),
        (lambda: CarliniWagnerL2(eps=1.0, learning_rate=0.0), "must be above 0"),
    ],
)
def test_parameters_that_cannot_be(build, message):
    with pytest.raises(InputError, match=message):
        build()
