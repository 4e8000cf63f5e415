"""What one run of a classifier tells: probabilities, labels, gradients, NaN."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.models.probing import probe
from aaa_tf.serving.export import export_pipeline
from aaa_tf.training.aaa import require_trainable_against
from tests.classifier_files import SHAPE, keras_export, save, save_module, with_last
from tests.conftest import build_tiny_classifier


def test_missing_gradient_is_noticed(tmp_path, images):
    model = with_last(keras.layers.Dense(3))
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
    module = tf.Module()
    module.variables_ = model.variables
    serve = tf.function(lambda pixels: tf.round(1e3 * model(pixels)), input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path / "m"), signatures=serve)
    assert not load_classifier(str(tmp_path / "m")).has_gradient


def test_models_that_are_no_image_classifier(tmp_path):
    dense = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    with pytest.raises(InputError, match="an image classifier takes"):
        load_classifier(save(dense, tmp_path / "dense.keras"))
    maps = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(3, 3)])
    with pytest.raises(InputError, match="one score per class"):
        load_classifier(save(maps, tmp_path / "maps.keras"))
    sigmoid = with_last(keras.layers.Activation("sigmoid"))
    with pytest.raises(InputError, match="ends in sigmoid"):
        load_classifier(save(sigmoid, tmp_path / "sigmoid.keras"))
    keras_export(sigmoid, str(tmp_path / "sigmoid"))
    with pytest.raises(InputError, match="do not sum to 1"):
        load_classifier(str(tmp_path / "sigmoid"))


def test_weights_of_nan_are_refused(tmp_path):
    model = build_tiny_classifier()
    model.layers[-1].bias.assign([np.nan] * 3)
    with pytest.raises(InputError, match="returns NaN"):
        load_classifier(save(model, tmp_path / "nan.keras"))


def noisy(model):
    return lambda pixels: model(pixels + tf.random.normal(tf.shape(pixels)))


def counting(model):
    calls = tf.Variable(0.0)

    def serve(pixels):
        calls.assign_add(1.0)
        return model(pixels) + 0 * calls

    return serve, [calls]


def confident_by_chance(model):
    """Softmax of scores so far apart that probabilities hide how they differ between calls."""
    return lambda pixels: tf.nn.softmax(
        20 * tf.one_hot(tf.argmax(model(pixels), axis=1), 3) + tf.random.normal((1, 3))
    )


def seeing_the_batch(model):
    return lambda pixels: model(pixels - tf.reduce_mean(pixels, axis=0))


@pytest.mark.filterwarnings("ignore:classifier .* hides its logits")
@pytest.mark.parametrize("kind", ["noisy", "counting", "confident", "seeing the batch"])
def test_a_classifier_that_does_not_keep_to_its_answers(tmp_path, tiny_dataset, kind):
    model = build_tiny_classifier()
    variables = model.variables
    if kind == "counting":
        serve, calls = counting(model)
        variables = [*variables, *calls]
    else:
        kinds = {"noisy": noisy, "confident": confident_by_chance}
        serve = kinds.get(kind, seeing_the_batch)(model)
    path = save_module(serve, tmp_path / "m", variables)
    with pytest.warns(UserWarning, match="answers the same images differently from call to call"):
        native = load_classifier(path, isolate=False)
    assert not native.is_repeatable
    with pytest.raises(InputError, match="no pipeline with it could be checked or exported"):
        require_trainable_against(native)
    autoencoder = build_autoencoder("conv", image_shape=SHAPE)
    with pytest.raises(InputError, match="no pipeline with it could be"):
        export_pipeline(autoencoder, native, export_dir=tmp_path / "served", name="p")
    assert not (tmp_path / "served").exists()


def test_a_plain_classifier_keeps_to_its_answers(tmp_path):
    model = build_tiny_classifier()
    path = save_module(model, tmp_path / "m", model.variables)
    assert load_classifier(path, isolate=False).is_repeatable


def test_a_network_that_takes_one_size_of_batch_is_refused(tmp_path):
    layers = [keras.Input(batch_shape=(8, *SHAPE)), keras.layers.Reshape((8, 8))]
    model = keras.Sequential([*layers, keras.layers.LSTM(4, stateful=True), keras.layers.Dense(3)])
    with pytest.raises(InputError, match=r"fails on images of shape \(3, 8, 8, 1\)"):
        load_classifier(save(model, tmp_path / "m.keras"), isolate=False)


def test_channels_first_is_told(tmp_path):
    layers = [keras.Input((3, 8, 8)), keras.layers.Flatten(), keras.layers.Dense(3)]
    path = save(keras.Sequential(layers), tmp_path / "m.keras")
    with pytest.raises(InputError, match="takes channels first"):
        load_classifier(path, image_shape=(8, 8, 3), isolate=False)


@pytest.mark.parametrize("image_shape", [None, (None, None, 3), (20, None, 3)])
def test_a_classifier_of_any_size_is_probed_at_one(image_shape):
    """The size may stay unknown: an autoencoder of any size tells none."""
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    classifier = probe(freeze_keras("any", model), image_shape)
    assert classifier.image_shape == (None, None, 3)
    assert classifier.has_gradient
    assert classifier.is_repeatable
