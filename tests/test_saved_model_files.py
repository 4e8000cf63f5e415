"""saved_model.pb and the files beside it: which signature, what is missing or damaged."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import keras_export
from tests.conftest import build_tiny_classifier
from tests.scanned_models import SHAPE, save, score


def test_the_only_signature_of_images_stands_for_serving_default(tmp_path):
    model = build_tiny_classifier()
    module = tf.Module()
    module.weights = model.variables
    save(tmp_path / "one", None, module=module, classify=model)
    pixels = np.ones((2, *SHAPE), np.float32)
    native = load_classifier(str(tmp_path / "one"), isolate=False)
    np.testing.assert_allclose(native.logits_fn(pixels), model(pixels), atol=1e-6)
    save(tmp_path / "two", None, module=module, classify=model, other=model)
    with pytest.raises(InputError, match="of images: classify, other; choose with --signature"):
        load_classifier(str(tmp_path / "two"), isolate=False)
    assert load_classifier(str(tmp_path / "two"), signature="other", isolate=False)


def test_missing_and_damaged_parts_are_told(tmp_path, old_graph):
    save(tmp_path / "m", score, module=tf.Module())
    variables = old_graph / "variables"
    shard = variables / "variables.data-00000-of-00001"
    content = shard.read_bytes()
    shard.write_bytes(content[:-20])
    with pytest.raises(InputError, match="variables are cut off or damaged"):
        load_classifier(str(old_graph), isolate=False)
    shard.unlink()
    with pytest.raises(InputError, match="0 of 1 files variables.data-… are there"):
        load_classifier(str(old_graph), isolate=False)
    shard.write_bytes(content)
    (variables / "variables.index").unlink()
    with pytest.raises(InputError, match=r"variables\.index is missing"):
        load_classifier(str(old_graph), isolate=False)
    shutil.rmtree(variables)
    with pytest.raises(InputError, match="0 of 1 files"):
        load_classifier(str(old_graph), isolate=False)
    proto = tmp_path / "m" / "saved_model.pb"
    proto.write_bytes(proto.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"saved_model\.pb is cut off or damaged"):
        load_classifier(str(tmp_path / "m"), isolate=False)
    proto.write_bytes(b"")
    with pytest.raises(InputError, match=r"saved_model\.pb is empty"):
        load_classifier(str(tmp_path / "m"), isolate=False)


def test_unknown_signature_lists_the_known_ones(tmp_path):
    keras_export(build_tiny_classifier(), str(tmp_path / "m"))
    with pytest.raises(InputError, match="no signature 'predict'; known: .*serving_default"):
        load_classifier(str(tmp_path / "m"), signature="predict")
