import json

import pytest

from aaa_tf.attacks import by_name
from aaa_tf.evaluation import suites


@pytest.mark.parametrize("name", by_name.NAMES)
def test_every_listed_attack_can_be_made_and_described(name):
    norm = "L2" if name == "cw" else "Linf"
    attack = by_name.make_attack(name, eps=0.1, norm=norm, num_classes=10)
    described = json.loads(json.dumps(suites.describe_attack(attack)))
    assert (described["name"], described["eps"], described["norm"]) == (attack.name, 0.1, norm)
