import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models.loading import load_classifier
from tests.classifier_files import SHAPE, keras_export
from tests.conftest import build_tiny_classifier


def module_save(model, path):
    module = tf.Module()
    module.model = model
    module.variables_ = model.variables
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
    serve = tf.function(lambda pixels: {"scores": model(pixels)}, input_signature=[spec])
    tf.saved_model.save(module, path, signatures=serve)


@pytest.mark.parametrize("save", [keras_export, module_save])
def test_saved_models(tmp_path, images, save):
    model = build_tiny_classifier()
    save(model, str(tmp_path / "m"))
    native = load_classifier(str(tmp_path / "m"))
    np.testing.assert_allclose(native.logits_fn(images), model(images), atol=1e-6)
    assert (native.image_shape, native.num_classes, native.has_gradient) == (SHAPE, 3, True)
    assert len(native.fingerprint()) == 64
    assert len(native.variables) == 4
