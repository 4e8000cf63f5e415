from aaa_tf.attacks import autoattack


def test_autoattack_is_the_published_standard():
    attacks = autoattack.standard(eps=0.3)
    assert [attack.name for attack in attacks] == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert [attack.num_rounds for attack in attacks] == [1, 9, 9, 1]
    assert [attack.num_steps for attack in attacks[:3]] == [100] * 3
    assert attacks[3].num_queries == 5001
    few = autoattack.standard(eps=0.3, num_classes=3)
    assert [attack.name for attack in few] == ["APGD-CE", "APGD-MARGIN", "FAB-T", "Square"]
    assert few[2].num_targets == 2
    random = autoattack.rand(eps=0.3)
    assert [(attack.name, attack.num_samples) for attack in random] == [
        ("APGD-CE", 20), ("APGD-DLR", 20)
    ]  # fmt: skip
