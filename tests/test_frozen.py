import dataclasses

import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models import precision
from aaa_tf.models.frozen import fingerprint, freeze_keras
from aaa_tf.training import placement
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


def test_code_of_a_trusted_file_is_used_as_it_is():
    """Keras makes a Lambda layer only while it loads a file that is trusted."""
    layers = [keras.Input((8, 8, 1)), keras.layers.Lambda(lambda x: 2 * x), keras.layers.Flatten()]
    native = freeze_keras("f", keras.Sequential([*layers, keras.layers.Dense(3)]))
    assert placement.copy_native(native, "bfloat16", (8, 8, 1)) is native


def test_a_quantized_model_is_used_as_it_is():
    model = build_tiny_classifier()
    model.layers[-1].quantize("int8")
    native = freeze_keras("f", model)
    assert placement.copy_native(native, "bfloat16", (8, 8, 1)) is native


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


def named_differently(activation="tanh", kernel_size=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="pictures"),
            keras.layers.Conv2D(4, kernel_size, activation=activation, name="tanh_layer"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(3, name="scores"),
        ]
    )


def test_identity_is_of_weights_layers_and_preprocessing_and_not_of_names():
    def identity(model, preprocess=None):
        return freeze_keras("f", model, preprocess=preprocess).identity()

    same = identity(build_tiny_classifier())
    assert identity(named_differently()) == same
    copied = precision.copy_with_precision(build_tiny_classifier(), "float32")
    assert identity(copied) == same
    others = [
        identity(named_differently(activation="relu")),
        identity(build_tiny_classifier(), lambda images: 255 * images),
        identity(build_tiny_classifier(), lambda images: 254 * images),
    ]
    assert len({same, *others}) == 4


def test_identity_tells_how_equal_layers_are_joined():
    def build(order):
        inputs = keras.Input((8, 8, 1))
        layers = [keras.layers.Activation(name) for name in ("relu", "tanh")]
        x = keras.layers.Flatten()(inputs)
        for place in order:
            x = layers[place](x)
        x = [*layers, keras.layers.Identity()][order[-1]](x)
        return keras.Model(inputs, keras.layers.Dense(3, kernel_initializer="ones")(x))

    identities = {freeze_keras("f", build(order)).identity() for order in ([0, 1], [1, 0], [1, 1])}
    assert len(identities) == 3


def test_identity_is_of_operations_and_inner_models_whatever_they_are_called():
    """Keras numbers what has no name, anew for each model of a session."""

    def build(activation="relu"):
        keras.utils.set_random_seed(0)
        inner_inputs = keras.Input((8, 8, 1))
        x = keras.ops.abs(keras.layers.Conv2D(2, 3)(inner_inputs)) + 1.0
        inner = keras.Model(inner_inputs, keras.layers.Activation(activation)(x))
        inputs = keras.Input((8, 8, 1))
        outputs = keras.layers.Dense(3)(keras.layers.Flatten()(inner(2.0 * inputs)))
        return keras.Model(inputs, outputs)

    same = freeze_keras("f", build()).identity()
    assert freeze_keras("f", build()).identity() == same
    assert freeze_keras("f", build("tanh")).identity() != same


def test_states_of_random_layers_are_no_weights(tmp_path):
    """Keras draws them anew at each load and in each copy."""
    layers = [keras.Input((8, 8, 1)), keras.layers.RandomFlip(), keras.layers.Dropout(0.5)]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(3)])
    model.save(tmp_path / "m.keras")
    loaded = [freeze_keras("m", keras.models.load_model(tmp_path / "m.keras")) for _ in range(2)]
    original = freeze_keras("m", model)
    copies = [original.copy_in_precision(precision) for precision in ("float32", "bfloat16")]
    prints = {native.fingerprint() for native in (original, *loaded, *copies)}
    assert len(prints) == 1
    assert len({native.identity() for native in (original, *loaded)}) == 1


class Untold(keras.layers.Layer):
    """A layer that Keras cannot make anew, with a configuration that looks like a model's."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, images):
        return self.function(images)


@keras.saving.register_keras_serializable("test_frozen")
class Routed(keras.layers.Layer):
    def __init__(self, input_layers=2, **others):
        super().__init__(**others)
        self.input_layers = input_layers

    def call(self, images):
        return images

    def get_config(self):
        return super().get_config() | {"input_layers": self.input_layers}


def test_layers_of_the_users_own_are_taken_as_they_are(rng):
    layers = [keras.Input((8, 8, 1)), Untold(lambda x: 2 * x), Routed(), keras.layers.Flatten()]
    native = freeze_keras("f", keras.Sequential([*layers, keras.layers.Dense(3)]))
    assert native.copy_in_precision is None
    routed = keras.Sequential([layers[0], Routed(), layers[3], keras.layers.Dense(3)])
    assert len(freeze_keras("f", routed).program) == 64
