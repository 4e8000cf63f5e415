"""Properties that every attack has, from one table, and their closed forms on linear models."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks import autoattack, norms
from aaa_tf.attacks.apgd import APGD, TargetedAPGD
from aaa_tf.attacks.boundary import project_on_hyperplane
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
from aaa_tf.attacks.fab import FAB, TargetedFAB
from aaa_tf.attacks.pgd import PGD, fgsm
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.verify import verify_adversarial_images
from aaa_tf.errors import InputError
from aaa_tf.models.frozen import freeze_keras
from tests.conftest import build_tiny_classifier

SHAPE = (6, 6, 1)


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
def model():
    return freeze_keras("f", build_tiny_classifier(num_classes=5, image_shape=SHAPE)).logits_fn


@pytest.fixture(scope="module")
def data(model):
    """Images that the model classifies by its own prediction, a third labelled wrongly."""
    images = np.random.default_rng(5).random((24, *SHAPE), np.float32)
    labels = np.argmax(model(images), axis=1).astype(np.int32)
    labels[::3] = (labels[::3] + 1) % 5
    return images, labels


@each_attack
def test_images_are_allowed_and_flags_true(norm, name, model, data):
    attack = make_table(norm)[name]
    images, labels = data
    result = run_attacks([attack], model, images, labels, batch_size=7)
    found = result.adversarial_images
    assert found.dtype == np.float32
    assert found.shape == images.shape
    predictions = np.argmax(model(found), axis=1)
    broken = result.is_correct & ~result.is_robust
    assert broken.sum() > 0
    assert np.all(predictions[broken] != labels[broken])
    assert np.all(norms.length(found - images, norm).numpy()[broken] <= attack.eps + 1e-6)
    assert 0 <= found.min() <= found.max() <= 1
    assert np.array_equal(found[~result.is_correct], images[~result.is_correct])
    assert set(result.broken_by[broken]) == {attack.name}
    assert result.num_robust[attack.name] == sorted(result.num_robust[attack.name], reverse=True)
    if norm == "Linf" and name not in ("FAB", "FAB-T"):  # FAB keeps what it found beyond eps too
        verify_adversarial_images(images, found, attack.eps)


@each_attack
def test_same_seed_same_result_and_call_gives_the_images(norm, name, model, data):
    attack = make_table(norm)[name]
    one = attack(model, *data, batch_size=24)
    result = run_attacks([attack], model, *data, batch_size=24)
    np.testing.assert_array_equal(one, result.adversarial_images)


@each_attack
def test_compiled_once_whatever_survives(norm, name, model, data):
    num_traces = 0

    def counted(images):
        nonlocal num_traces
        num_traces += 1
        return model(images)

    attack = make_table(norm)[name]
    run_attacks([attack], counted, *data, batch_size=5)
    after_first = num_traces
    num_traces = 0
    run_attacks([attack], counted, *[part[:12] for part in data], batch_size=4)
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


def linear_model(rng, classes=4):
    weights = rng.normal(size=(36, classes)).astype(np.float32)
    bias = -0.5 * weights.sum(axis=0)  # equal logits at a grey image, so all classes occur
    return (lambda images: tf.reshape(images, (-1, 36)) @ weights + bias), weights, bias


def exact_distances(weights, bias, images, labels, norm):
    """Distance of each image to the nearest linear boundary, the box out of reach."""
    logits = images.reshape(-1, 36) @ weights + bias
    distances = []
    for logit, label in zip(logits, labels, strict=True):
        slopes = weights - weights[:, label : label + 1]
        dual = np.abs(slopes).sum(0) if norm == "Linf" else np.linalg.norm(slopes, axis=0)
        others = [k for k in range(len(logit)) if k != label]
        distances.append(min((logit[label] - logit[k]) / dual[k] for k in others))
    return np.array(distances)


def distances_found(attack, logits_fn, images, labels):
    found = attack(logits_fn, images, labels)
    assert np.all(np.argmax(logits_fn(found), 1) != labels)
    return norms.length(found - images, attack.norm).numpy()


@pytest.fixture
def linear(rng):
    logits_fn, weights, bias = linear_model(rng)
    images = (0.5 + 0.4 * (rng.random((12, *SHAPE)) - 0.5)).astype(np.float32)
    return logits_fn, weights, bias, images, np.argmax(logits_fn(images), 1).astype(np.int32)


@pytest.mark.parametrize("norm", norms.NORMS)
@pytest.mark.parametrize("attack_class", [FAB, TargetedFAB])
def test_fab_finds_the_exact_distance_within_1_percent(linear, norm, attack_class):
    logits_fn, weights, bias, images, labels = linear
    exact = exact_distances(weights, bias, images, labels, norm)
    found = []
    for eps in 1.01 * exact, 0.99 * exact:
        outcomes = []
        for i in range(len(images)):
            attack = attack_class(eps=float(eps[i]), norm=norm, num_steps=100)
            result = run_attacks([attack], logits_fn, images[i : i + 1], labels[i : i + 1])
            outcomes.append(bool(result.is_robust[0]))
        found.append(outcomes)
    assert not any(found[0])  # found within 1 % more
    assert all(found[1])  # and nothing below the exact distance


def test_carlini_wagner_finds_the_exact_distance_within_5_percent(linear):
    logits_fn, weights, bias, images, labels = linear
    exact = exact_distances(weights, bias, images, labels, "L2")
    attack = CarliniWagnerL2(eps=10.0, num_steps=600, learning_rate=0.005, num_search_steps=8)
    found = distances_found(attack, logits_fn, images, labels)
    assert np.all(found >= exact * (1 - 1e-4))
    assert np.all(found <= 1.05 * exact)


@pytest.mark.parametrize("norm", norms.NORMS)
def test_pgd_and_apgd_reach_the_exact_boundary(linear, norm):
    """Just above the exact distance every row breaks, just below none."""
    logits_fn, weights, bias, images, labels = linear
    exact = exact_distances(weights, bias, images, labels, norm)
    for factor, is_broken in ((1.02, True), (0.98, False)):
        for i in range(len(images)):
            eps = float(factor * exact[i])
            for attack in (
                PGD(eps=eps, norm=norm, step_size=eps / 10, num_steps=60, loss="margin"),
                TargetedAPGD(eps=eps, norm=norm, num_targets=3),
            ):
                result = run_attacks([attack], logits_fn, images[i : i + 1], labels[i : i + 1])
                assert result.is_robust[0] != is_broken, (attack.name, factor)


@pytest.mark.parametrize("norm", norms.NORMS)
def test_hyperplane_projection_reaches_it_shortest_inside_the_box(rng, norm):
    points = rng.random((50, 3, 3, 1)).astype(np.float32)
    slope = rng.normal(size=points.shape).astype(np.float32)
    target = rng.random(points.shape).astype(np.float32)  # a point of the plane inside the box
    offset = (slope * target).sum(axis=(1, 2, 3))
    move = project_on_hyperplane(points, slope, offset, norm).numpy()
    assert (points + move).min() >= -1e-6
    assert (points + move).max() <= 1 + 1e-6
    np.testing.assert_allclose((slope * (points + move)).sum(axis=(1, 2, 3)), offset, atol=1e-4)
    lengths = norms.length(tf.constant(move), norm).numpy()
    assert np.all(lengths <= norms.length(tf.constant(target - points), norm).numpy() + 1e-5)
    # No other point of plane and box is nearer: random moves along the plane, kept if in the box.
    for _ in range(200):
        step = rng.normal(size=points.shape) * 0.05
        along = (
            step
            - slope
            * ((slope * step).sum((1, 2, 3)) / (slope**2).sum((1, 2, 3)))[:, None, None, None]
        )
        other = (move + along).astype(np.float32)
        inside = ((points + other >= 0) & (points + other <= 1)).all(axis=(1, 2, 3))
        assert np.all(norms.length(tf.constant(other), norm).numpy()[inside]
                      >= lengths[inside] - 1e-5)  # fmt: skip


def test_an_unreachable_plane_is_approached_as_far_as_the_box_goes():
    points, slope = np.full((1, 2, 2, 1), 0.25, np.float32), np.ones((1, 2, 2, 1), np.float32)
    move = project_on_hyperplane(points, slope, np.array([100.0], np.float32), "Linf")
    np.testing.assert_allclose(points + move, np.ones_like(points), atol=1e-6)


def test_more_restarts_are_never_weaker(model, data):
    counts = [
        run_attacks(
            [PGD(eps=0.05, step_size=0.02, num_steps=2, num_restarts=restarts)], model, *data
        ).is_robust.sum()
        for restarts in (1, 3, 9)
    ]
    assert counts == sorted(counts, reverse=True)


def test_suite_hands_survivors_on_and_names_who_broke_a_row(model, data):
    attacks = [fgsm(eps=0.03), APGD(eps=0.03, num_steps=20), Square(eps=0.03, num_queries=50)]
    result = run_attacks(attacks, model, *data)
    counts = [result.num_robust[attack.name][-1] for attack in attacks]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == result.is_robust.sum()
    for before, attack, after in zip(
        [int(result.is_correct.sum()), *counts], attacks, counts, strict=False
    ):
        assert (result.broken_by == attack.name).sum() == before - after
    assert result.num_gradients["Square"] == 0
    assert result.num_queries["Square"] > 0


def test_autoattack_is_the_published_standard():
    attacks = autoattack.standard(eps=0.3)
    assert [attack.name for attack in attacks] == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert [attack.num_rounds for attack in attacks] == [1, 9, 9, 1]
    assert [attack.num_steps for attack in attacks[:3]] == [100] * 3
    assert attacks[3].num_queries == 5000
    few = autoattack.standard(eps=0.3, num_classes=3)
    assert [attack.name for attack in few] == ["APGD-CE", "APGD-MARGIN", "FAB-T", "Square"]
    assert few[2].num_targets == 2
    random = autoattack.rand(eps=0.3)
    assert [(attack.name, attack.num_samples) for attack in random] == [
        ("APGD-CE", 20), ("APGD-DLR", 20)
    ]  # fmt: skip


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
        (lambda: FAB(eps=0.1, num_steps=0), "num_steps must be at least 1"),
        (lambda: Square(eps=0.1, num_queries=1), "num_queries must be at least 2"),
        (lambda: CarliniWagnerL2(eps=1.0, norm="Linf"), "is the L2 one"),
        (lambda: CarliniWagnerL2(eps=1.0, num_steps=0), "must be at least 1"),
        (lambda: CarliniWagnerL2(eps=1.0, learning_rate=0.0), "must be above 0"),
    ],
)
def test_parameters_that_cannot_be(build, message):
    with pytest.raises(InputError, match=message):
        build()


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


def test_an_attack_that_does_not_apply_is_named():
    images = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    labels = np.argmax(images.reshape(2, 36)[:, :3], axis=1)
    with pytest.raises(InputError, match="targeted_dlr compares 4 logits and the model has 3"):
        run_attacks(
            [TargetedAPGD(eps=0.1)], lambda x: tf.reshape(x, (-1, 36))[:, :3], images, labels
        )
