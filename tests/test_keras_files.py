import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import SHAPE
from tests.conftest import build_tiny_classifier
from tests.old_files import load


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_keras_files(tmp_path, images, suffix):
    model = build_tiny_classifier()
    model.save(tmp_path / f"m{suffix}")
    native = load_classifier(str(tmp_path / f"m{suffix}"))
    np.testing.assert_array_equal(native.logits_fn(images), model(images))
    assert (native.image_shape, native.num_classes, native.has_gradient) == (SHAPE, 3, True)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_what_a_normalization_has_learned_is_kept(tmp_path, images, suffix, is_nested):
    normalization = keras.layers.Normalization()
    normalization.adapt(3 * images + 1)
    model = keras.Sequential([keras.Input(SHAPE), normalization, build_tiny_classifier()])
    if is_nested:
        model = keras.Sequential([keras.Input(SHAPE), model])
    model.save(tmp_path / f"m{suffix}")
    native = load_classifier(str(tmp_path / f"m{suffix}"))
    np.testing.assert_array_equal(native.logits_fn(images), model(images))


def test_whole_numbers_for_pixels_are_refused(tmp_path):
    """Keras would cut every pixel below 1 off to 0."""
    pixels = keras.Input(SHAPE, dtype="uint8")
    scores = build_tiny_classifier()(keras.layers.Rescaling(1 / 255)(pixels))
    keras.Model(pixels, scores).save(tmp_path / "m.keras")
    with pytest.raises(InputError, match="takes uint8 pixels, by which no loss"):
        load_classifier(str(tmp_path / "m.keras"))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_layer_that_does_not_map_is_named(suffix):
    with pytest.raises(InputError, match=r"Keras 3 knows no '.*PoincareNormalize'; export"):
        load(f"unmapped{suffix}")


@pytest.mark.parametrize("is_nested", [False, True])
def test_half_a_precision_is_taken_out(tmp_path, images, is_nested):
    """Through float16 the gradient of a confident image is zero, and attacks do not move."""
    half = build_tiny_classifier(dtype="mixed_float16")
    saved = keras.Sequential([keras.Input(SHAPE), half]) if is_nested else half
    saved.save(tmp_path / "m.keras")
    native = load_classifier(str(tmp_path / "m.keras"))
    whole = build_tiny_classifier()
    np.testing.assert_allclose(native.logits_fn(images), whole(images), rtol=1e-6)
    assert not np.array_equal(native.logits_fn(images), np.float32(saved(images)))


def test_half_a_precision_inside_a_wrapper_is_refused(tmp_path):
    """Keras copies a wrapper's layer as it is."""
    inner = keras.layers.Dense(4, dtype="mixed_float16")
    layers = [keras.layers.TimeDistributed(inner), keras.layers.Flatten(), keras.layers.Dense(3)]
    keras.Sequential([keras.Input(SHAPE), *layers]).save(tmp_path / "m.keras")
    with pytest.raises(InputError, match="layers of lower precision"):
        load_classifier(str(tmp_path / "m.keras"))
