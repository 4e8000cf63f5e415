"""Keras models that can stand for a classifier, wherever they come from."""

import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.defended import build_defended_model
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.image_models import require_image_model
from tests.conftest import IMAGE_SHAPE, build_tiny_classifier


def scores_of(inputs, units=3):
    return keras.layers.Dense(units)(keras.layers.Flatten()(inputs))


def several_outputs():
    inputs = keras.Input(IMAGE_SHAPE)
    return keras.Model(inputs, [scores_of(inputs), scores_of(inputs)])


def of_integers():
    inputs = keras.Input(IMAGE_SHAPE, dtype="uint8")
    return keras.Model(inputs, scores_of(keras.layers.Rescaling(1 / 255)(inputs)))


class Subclassed(keras.Model):
    def call(self, images):
        return keras.ops.reshape(images, (-1, 64))


def subclassed():
    model = Subclassed()
    model.build((None, *IMAGE_SHAPE))
    return model


def freeze(model):
    return freeze_keras("f", model)


def defend(model):
    return build_defended_model(build_autoencoder("conv", image_shape=IMAGE_SHAPE), model)


@pytest.mark.parametrize("take", [freeze, defend])
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (several_outputs, "has 1 inputs and 2 outputs"),
        (of_integers, "takes uint8 pixels, by which no loss can be differentiated"),
        (subclassed, "holds a subclassed Subclassed; export it with model.export"),
        (lambda: keras.Sequential([keras.layers.Dense(3)]), "never saw an input"),
        (lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)]), "an image class"),
        (lambda: abs, "is a builtin_function_or_method, no Keras model"),
    ],
    ids=["several outputs", "integers", "subclassed", "not built", "vectors", "no model"],
)
def test_other_models_are_refused_in_one_line(take, build, message):
    with pytest.raises(InputError, match=message) as raised:
        take(build())
    assert "\n" not in str(raised.value)


def test_one_output_in_a_dict_is_taken_out(rng):
    inputs = keras.Input(IMAGE_SHAPE, name="image")
    model = keras.Model({"image": inputs}, {"scores": scores_of(inputs)})
    images = rng.random((2, *IMAGE_SHAPE), np.float32)
    expected = model({"image": images})["scores"]
    np.testing.assert_array_equal(require_image_model("m", "classifier", model)(images), expected)
    np.testing.assert_array_equal(freeze_keras("m", model).logits_fn(images), expected)


def test_a_model_that_fits_is_taken_as_it_is():
    model = build_tiny_classifier()
    assert require_image_model("m", "classifier", model) is model


def test_softmax_is_taken_off_a_model_of_the_callers_own(rng):
    model = build_tiny_classifier()
    softmax = keras.Sequential([*model.layers, keras.layers.Softmax()])
    softmax.build((None, *IMAGE_SHAPE))
    images = rng.random((2, *IMAGE_SHAPE), np.float32)
    frozen = freeze_keras("f", softmax)
    np.testing.assert_allclose(frozen.logits_fn(images), model(images), atol=1e-6)
    copy = frozen.copy_in_precision("float32")
    np.testing.assert_allclose(copy.logits_fn(images), model(images), atol=1e-6)
    assert not softmax.trainable_weights
