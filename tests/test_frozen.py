import dataclasses

import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import fingerprint, freeze_keras
from tests.conftest import build_tiny_classifier


def test_fingerprint_sees_the_last_bit_of_one_weight():
    model = build_tiny_classifier()
    native = freeze_keras("f", model)
    before = native.fingerprint()
    assert before == native.fingerprint() == fingerprint(model.variables)
    weights = model.get_weights()
    weights[0].flat[0] = np.nextafter(weights[0].flat[0], np.float32(9))
    model.set_weights(weights)
    assert native.fingerprint() != before


def test_a_copy_in_another_precision_has_the_same_fingerprint():
    native = freeze_keras("f", build_tiny_classifier())
    assert native.copy_in_precision("bfloat16").fingerprint() == native.fingerprint()


def test_preprocessing_comes_first_and_travels_with_copies(rng):
    model = build_tiny_classifier()
    native = freeze_keras("f", model, preprocess=lambda images: 255 * images)
    images = rng.random((2, 8, 8, 1), np.float32)
    np.testing.assert_array_equal(native.logits_fn(images), model(255 * images))
    copy = native.copy_in_precision("float32")
    np.testing.assert_array_equal(copy.logits_fn(images), model(255 * images))


def test_nothing_is_left_to_train():
    model = build_tiny_classifier()
    freeze_keras("f", model)
    assert model.trainable_variables == []


def test_fits_only_its_own_shape_and_classes(tiny_dataset):
    freeze_keras("f", build_tiny_classifier()).require_fits(tiny_dataset)
    with pytest.raises(InputError, match="has 4 classes, tiny 3"):
        freeze_keras("f", build_tiny_classifier(num_classes=4)).require_fits(tiny_dataset)
    other = build_tiny_classifier(image_shape=(9, 8, 1))
    with pytest.raises(InputError, match=r"images of shape \(9, 8, 1\), tiny has \(8, 8, 1\)"):
        freeze_keras("f", other).require_fits(tiny_dataset)


def test_any_size_fits(tiny_dataset):
    native = freeze_keras("f", build_tiny_classifier())
    dataclasses.replace(native, image_shape=(None, None, 1)).require_fits(tiny_dataset)
