"""What lies beside an export for machines."""

import json

import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving.manifest import read_manifest
from tests.conftest import make_split

ATTACK = {"name": "PGD-7", "norm": "Linf", "eps": 0.1}


def test_manifest_tells_what_was_handed_in(pipeline_parts, exported):
    manifest = read_manifest(exported)
    assert manifest["class_names"] == ["round", "Zürich", "c"]
    assert manifest["image_shape"] == [8, 8, 1]
    assert manifest["dataset"] == "tiny"
    assert manifest["threat_model"] == {"norm": "Linf", "eps": 0.1}
    assert manifest["classifier"] == {"name": "f", "sha256": pipeline_parts[1].fingerprint()}
    assert manifest["autoencoder"]["sha256"] != manifest["classifier"]["sha256"]
    bare, defended = manifest["measurements"]
    assert (bare["clean_accuracy"], bare["robust_accuracy"]) == (7 / 8, 0)
    assert (defended["defence"], defended["robust_accuracy"]) == ("AAA", 0.5)
    assert defended["attack"] == ATTACK
    images, labels = make_split(40, 3).images, make_split(40, 3).labels
    classes = pipeline_parts[1].logits_fn(pipeline_parts[0](images)).numpy().argmax(axis=1)
    count = {"num_examples": 40, "num_correct": int((classes == labels).sum())}
    assert manifest["checked_sample"] == count


@pytest.mark.parametrize(("content", "message"), [(None, "is missing"), ("{", "is damaged")])
def test_a_missing_or_damaged_manifest_is_told(tmp_path, content, message):
    (tmp_path / "assets.extra").mkdir()
    if content:
        (tmp_path / "assets.extra" / "aaa_manifest.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_manifest(tmp_path)


def test_the_manifest_is_json_that_anything_reads(exported):
    def refuse(token):
        raise AssertionError(token)

    text = (exported / "assets.extra" / "aaa_manifest.json").read_text()
    assert json.loads(text, parse_constant=refuse)["format"] == 1
