def test_model_card_tells_the_same_in_words(pipeline_parts, exported):
    card = (exported / "assets.extra" / "MODEL_CARD.md").read_text()
    assert "round, Zürich, c" in card
    assert pipeline_parts[1].fingerprint() in card
    assert "| this pipeline | 8 | 75.00 | 50.00 | PGD-7, norm Linf, eps 0.1 |" in card
    assert "## Limits" in card
    assert "no certificate" in card
