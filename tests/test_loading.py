import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_autoencoder, load_classifier, make_preprocess
from tests.conftest import build_tiny_classifier

SHAPE = (8, 8, 1)


@pytest.fixture
def images(rng):
    return rng.random((4, *SHAPE), np.float32)


def with_last(layer, units=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(units), layer]
    )


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_keras_files(tmp_path, images, suffix):
    model = build_tiny_classifier()
    model.save(tmp_path / f"m{suffix}")
    native = load_classifier(str(tmp_path / f"m{suffix}"))
    np.testing.assert_array_equal(native.logits_fn(images), model(images))
    assert (native.image_shape, native.num_classes, native.has_gradient) == (SHAPE, 3, True)


def keras_export(model, path):
    model.export(path, verbose=False)


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


@pytest.mark.parametrize(
    "last",
    [
        keras.layers.Softmax(),
        keras.layers.Activation("softmax"),
        keras.layers.Dense(3, activation="softmax", use_bias=False),
    ],
    ids=["layer", "activation", "dense"],
)
def test_softmax_is_taken_off(tmp_path, images, last):
    model = with_last(last)
    model.save(tmp_path / "m.keras")
    native = load_classifier(str(tmp_path / "m.keras"))
    logits = native.logits_fn(images).numpy()
    np.testing.assert_allclose(tf.nn.softmax(logits), model(images), atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3


def test_hidden_probabilities_become_logarithms_with_a_warning(tmp_path, images):
    model = with_last(keras.layers.Softmax())
    keras_export(model, str(tmp_path / "m"))
    with pytest.warns(UserWarning, match="hides its logits"):
        native = load_classifier(str(tmp_path / "m"))
    np.testing.assert_allclose(native.logits_fn(images), np.log(model(images)), atol=1e-5)


def test_missing_gradient_is_noticed(tmp_path, images):
    model = with_last(keras.layers.Dense(3))
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
    module = tf.Module()
    module.variables_ = model.variables
    serve = tf.function(lambda pixels: tf.round(1e3 * model(pixels)), input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path / "m"), signatures=serve)
    assert not load_classifier(str(tmp_path / "m")).has_gradient


def test_pixels_and_statistics_of_the_classifiers_own(tmp_path, images):
    model = build_tiny_classifier()
    model.save(tmp_path / "m.keras")
    native = load_classifier(
        str(tmp_path / "m.keras"), pixel_range=(0, 255), mean=(120,), std=(60,)
    )
    expected = model((255 * images - 120) / 60)
    np.testing.assert_allclose(native.logits_fn(images), expected, atol=1e-5)


def test_preprocess_closed_form():
    assert make_preprocess((0, 1), None, None) is None
    pixels = tf.constant([0.0, 0.5, 1.0])
    np.testing.assert_allclose(make_preprocess((-1, 1), None, None)(pixels), [-1, 0, 1])
    np.testing.assert_allclose(make_preprocess((0, 1), 0.5, 0.25)(pixels), [-2, 0, 2])


@pytest.mark.parametrize("arguments", [((1, 0), None, None), ((0, 1), None, (1, 0))])
def test_preprocess_that_cannot_be(arguments):
    with pytest.raises(InputError):
        make_preprocess(*arguments)


def test_missing_truncated_and_foreign_files(tmp_path):
    path = tmp_path / "m.keras"
    with pytest.raises(InputError, match="no classifier at"):
        load_classifier(str(path))
    build_tiny_classifier().save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"m\.keras cannot be loaded as classifier"):
        load_classifier(str(path))
    (tmp_path / "m.h5").write_bytes(b"foreign")
    with pytest.raises(InputError, match="cannot be loaded as classifier"):
        load_classifier(str(tmp_path / "m.h5"))
    (tmp_path / "m.txt").write_text("foreign")
    with pytest.raises(InputError, match=r"not a \.keras or \.h5 file"):
        load_classifier(str(tmp_path / "m.txt"))
    with pytest.raises(InputError, match=r"holds no saved_model\.pb"):
        load_classifier(str(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"foreign")
    with pytest.raises(InputError, match="cannot be loaded as SavedModel"):
        load_classifier(str(tmp_path))


def save(model, path):
    model.save(path)
    return str(path)


def load_here(path):
    return load_classifier(path, isolate=False)


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


def test_code_in_a_file_is_refused(tmp_path):
    model = with_last(keras.layers.Lambda(lambda x: 2 * x))
    with pytest.raises(InputError, match="cannot be loaded as classifier"):
        load_classifier(save(model, tmp_path / "lambda.keras"))


def test_unknown_signature_lists_the_known_ones(tmp_path):
    keras_export(build_tiny_classifier(), str(tmp_path / "m"))
    with pytest.raises(InputError, match="no signature 'predict'; known: .*serving_default"):
        load_classifier(str(tmp_path / "m"), signature="predict")


def test_autoencoder_must_return_what_it_takes(tmp_path):
    path = save(build_tiny_classifier(), tmp_path / "autoencoder.keras")
    with pytest.raises(InputError, match="an autoencoder returns the shape it takes"):
        load_autoencoder(path)
    with pytest.raises(InputError, match="no autoencoder at"):
        load_autoencoder(str(tmp_path / "none.keras"))


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
@pytest.mark.parametrize("load", [load_autoencoder, load_here])
def test_models_that_take_no_batch_of_images_are_refused(tmp_path, load):
    unbuilt = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(InputError, match="never saw an input"):
        load(save(unbuilt, tmp_path / "unbuilt.keras"))
    first, second = keras.Input(SHAPE), keras.Input(SHAPE)
    crossed = keras.Model([first, second], [second, first])
    with pytest.raises(InputError, match="2 inputs and 2 outputs; needed for .*: one of each"):
        load(save(crossed, tmp_path / "two.keras"))
    flat = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    with pytest.raises(InputError, match="an image .* takes .batch, height"):
        load(save(flat, tmp_path / "flat.keras"))


class Small(keras.layers.Layer):
    """Turns scores into small ones, as a layer that no head is recognised by."""

    def call(self, scores):
        return 0.001 * scores + 0.5


def test_small_logits_are_not_taken_for_sigmoids(tmp_path, images):
    """A classifier after a few updates may have all its logits in [0, 1] on random images."""
    model = build_tiny_classifier()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([0.01 * kernel, np.full_like(bias, 0.5)])
    model.save(tmp_path / "small.keras")
    linear = with_last(Small())
    linear.export(str(tmp_path / "small"), verbose=False)
    for path, original in (("small.keras", model), ("small", linear)):
        scores = load_classifier(tmp_path / path, isolate=False).logits_fn(images).numpy()
        assert 0 <= scores.min() <= scores.max() <= 1
        np.testing.assert_allclose(scores, original(images), atol=1e-6)
