import json

from aaa_tf.serving.model_card import format_model_card


def test_model_card_tells_the_same_in_words(pipeline_parts, exported):
    card = (exported / "assets.extra" / "MODEL_CARD.md").read_text()
    assert "round, Zürich, c" in card
    assert pipeline_parts[1].fingerprint() in card
    assert "| this pipeline | 8 | 75.00 | 50.00 | PGD-7, Linf 0.1 |" in card
    assert "## Limits" in card
    assert "no certificate" in card


def test_model_card_tells_how_long_an_attack_was(exported):
    manifest = json.loads((exported / "assets.extra" / "aaa_manifest.json").read_text())
    pgd = {"name": "PGD-9", "step_size": 0.01, "num_steps": 9, "num_restarts": 5, "seed": 3}
    one, square = {"norm": "Linf", "eps": 0.3, "attacks": [pgd]}, {"name": "Square"}
    row = manifest["measurements"][-1]
    manifest["measurements"] = [
        row | {"attack": {"name": "PGD-9"} | one},
        row | {"attack": {"name": "AutoAttack"} | one | {"attacks": [pgd, square]}},
    ]
    card = format_model_card(manifest)
    assert "| PGD-9, Linf 0.3, step 0.01, 9 steps, 5 restart(s) |" in card
    assert "| AutoAttack, Linf 0.3, PGD-9 + Square |" in card


def test_model_card_tells_of_harm(exported):
    manifest = json.loads((exported / "assets.extra" / "aaa_manifest.json").read_text())
    harm = "- Beware: the defence costs clean accuracy, 87.50 % without and 75.00 % with it."
    assert harm in format_model_card(manifest)
    bare, defended = manifest["measurements"]
    as_good = defended | {"clean_accuracy": bare["clean_accuracy"]}
    assert "Beware" not in format_model_card(manifest | {"measurements": [bare, as_good]})
    assert f"{harm}\n- Two of three.\n" in format_model_card(
        manifest | {"remarks": ["Two of three."]}
    )
