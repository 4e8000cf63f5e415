import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
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


def mapped(model):
    """Image by image, by which TensorFlow forgets how many there are."""
    return lambda pixels: tf.map_fn(lambda image: model(image[None])[0], pixels)


def recurrent():
    keras.utils.set_random_seed(0)
    layers = [keras.Input(SHAPE), keras.layers.Reshape((8, 8)), keras.layers.LSTM(4)]
    return keras.Sequential([*layers, keras.layers.Dense(3)])


@pytest.mark.parametrize("kind", ["mapped", "recurrent"])
def test_a_saved_model_with_loops_is_attacked_as_its_parts_are(tmp_path, tiny_dataset, kind):
    """A gradient taken eagerly once would spoil a recurrent one for every graph after it."""
    model = build_tiny_classifier() if kind == "mapped" else recurrent()
    if kind == "mapped":
        module = tf.Module()
        module.variables_ = model.variables
        spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
        module.serve = tf.function(mapped(model), input_signature=[spec])
        tf.saved_model.save(module, str(tmp_path / "m"), signatures=module.serve)
    else:
        keras_export(model, str(tmp_path / "m"))
    native = load_classifier(str(tmp_path / "m"), isolate=False)
    assert native.has_gradient
    images = tiny_dataset.test.images
    labels = np.argmax(model(images), 1).astype(np.int32)
    found = [
        run_attacks(
            [PGD(eps=0.3, step_size=0.1, num_steps=5)], logits_fn, images, labels, batch_size=10
        )
        for logits_fn in (native.logits_fn, lambda images: model(images, training=False))
    ]
    adversarial = [result.adversarial_images for result in found]
    np.testing.assert_allclose(adversarial[0], adversarial[1], atol=1e-5)
