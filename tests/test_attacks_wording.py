from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.wording import format_attack, format_threat
from aaa_tf.evaluation.suites import Column


def describe(name, *attacks):
    return Column(name, attacks).describe()


def test_threats_are_short_and_tell_eps():
    assert format_threat("Linf", 0.3) == "Linf 0.3"
    assert format_threat("Linf", 8 / 255) == "Linf 0.03137"
    assert format_threat("L2", 3.0) == "L2 3"


def test_one_attack_is_told_by_its_lengths():
    pgd = PGD(eps=0.3, step_size=0.01, num_steps=100, num_restarts=50)
    text = "PGD-100, Linf 0.3, step 0.01, 100 steps, 50 restart(s)"
    assert format_attack(describe(pgd.name, pgd)) == text
    cw = CarliniWagnerL2(eps=3.0, num_steps=1000, learning_rate=0.05, initial_constant=100.0)
    text = "CW-L2, L2 3, c = 100, rate 0.05, 1000 steps, 1 restart(s)"
    assert format_attack(describe("CW-L2", cw)) == text
    square = Square(eps=0.3, num_queries=5000)
    assert (
        format_attack(describe("Square", square)) == "Square, Linf 0.3, 5000 queries, 1 restart(s)"
    )


def test_an_ensemble_is_told_by_its_attacks():
    attacks = (PGD(eps=0.3, step_size=0.01, num_steps=9), Square(eps=0.3))
    assert format_attack(describe("both", *attacks)) == "both, Linf 0.3, PGD-9 + Square"


def test_what_a_manifest_does_not_say_is_left_out():
    assert format_attack({"norm": "Linf", "eps": 0.2}) == "Linf 0.2"
    assert format_attack({"name": "PGD-7"}) == "PGD-7"
    assert format_attack({}) == ""
