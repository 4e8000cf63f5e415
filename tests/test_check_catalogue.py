"""docs/checks.md explains the checks there are, in their words."""

import pathlib

from aaa_tf.evaluation.check_catalogue import CATALOGUE
from aaa_tf.evaluation.checks import MEASURES

DOCUMENT = pathlib.Path(__file__).parents[1] / "docs" / "checks.md"


def test_the_document_explains_exactly_the_checks_there_are():
    text = DOCUMENT.read_text()
    sections = {part.split("\n", 1)[0]: " ".join(part.split()) for part in text.split("\n## ")[1:]}
    assert list(sections) == list(CATALOGUE) == list(MEASURES)
    for name, explanation in CATALOGUE.items():
        for field, sentence in explanation._asdict().items():
            title = {"raised_if": "Raised if", "meaning": "Meaning", "advice": "What to do"}[field]
            assert f"**{title}.** {sentence}" in sections[name]
