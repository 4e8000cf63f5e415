import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_autoencoder, load_classifier, make_preprocess
from tests.classifier_files import SHAPE, load, save
from tests.conftest import build_tiny_classifier


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


def test_autoencoder_must_return_what_it_takes(tmp_path):
    path = save(build_tiny_classifier(), tmp_path / "autoencoder.keras")
    with pytest.raises(InputError, match="an autoencoder returns the shape it takes"):
        load_autoencoder(str(path))
    with pytest.raises(InputError, match=r"no autoencoder at .*none.keras; .*, a run directory,"):
        load_autoencoder(str(tmp_path / "none.keras"))


@pytest.mark.parametrize("load", [load_classifier, load_autoencoder])
def test_a_folder_of_exports_is_answered_with_its_newest_version(tmp_path, load):
    for version in ("2", "10", "notes"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").touch()
    with pytest.raises(InputError, match=rf", such as {tmp_path / '10'}$"):
        load(str(tmp_path))


def test_grey_classifiers_do_not_take_colour(tmp_path):
    path = save(build_tiny_classifier(), tmp_path / "m.keras")
    with pytest.raises(InputError, match=r"takes grey images, \(8, 8, 1\), .* are colour"):
        load(path, image_shape=(8, 8, 3))


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
@pytest.mark.parametrize("load_model", [load_autoencoder, load])
def test_models_that_take_no_batch_of_images_are_refused(tmp_path, load_model):
    unbuilt = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(InputError, match="never saw an input"):
        load_model(save(unbuilt, tmp_path / "unbuilt.keras"))
    first, second = keras.Input(SHAPE), keras.Input(SHAPE)
    crossed = keras.Model([first, second], [second, first])
    with pytest.raises(InputError, match="2 inputs and 2 outputs; needed for .*: one of each"):
        load_model(save(crossed, tmp_path / "two.keras"))
    flat = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    with pytest.raises(InputError, match="an image .* takes .batch, height"):
        load_model(save(flat, tmp_path / "flat.keras"))


@pytest.mark.parametrize(
    ("statistics", "message"),
    [({"mean": (1, 2)}, "mean has 2 numbers"), ({"std": (1, 2, 3)}, "std has 3 numbers")],
)
def test_statistics_are_one_number_or_one_a_channel(tmp_path, statistics, message):
    build_tiny_classifier().save(tmp_path / "m.keras")
    with pytest.raises(InputError, match=f"{message} and the images 1 channels; give one number"):
        load_classifier(tmp_path / "m.keras", isolate=False, **statistics)
