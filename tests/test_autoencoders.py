import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models import autoencoders
from aaa_tf.models.autoencoders import make_encode
from tests.conftest import build_tiny_classifier


@pytest.mark.parametrize("name", autoencoders.NAMES)
@pytest.mark.parametrize("image_shape", [(28, 28, 1), (32, 32, 3), (9, 14, 2), (5, 7, 1)])
def test_same_shape_in_unit_range_for_any_image(name, image_shape, rng):
    model = autoencoders.build_autoencoder(name, image_shape=image_shape, seed=0)
    images = rng.random((3, *image_shape), np.float32)
    purified = model(images).numpy()
    assert purified.shape == images.shape
    assert purified.dtype == np.float32
    assert 0 <= purified.min() <= purified.max() <= 1
    np.testing.assert_array_equal(purified, model(images, training=True))


@pytest.mark.parametrize(
    ("name", "units"), [("conv_bottleneck", 128), ("conv_bottleneck_wide", 256)]
)
def test_bottleneck_is_narrower_than_the_image(name, units):
    model = autoencoders.build_autoencoder(name, image_shape=(28, 28, 1))
    assert model.name == name
    assert model.get_layer(autoencoders.CODE_LAYER).output.shape == (None, units)


@pytest.mark.parametrize("name", autoencoders.NAMES)
def test_same_seed_same_weights(name):
    one, other = (
        autoencoders.build_autoencoder(name, image_shape=(8, 8, 1), seed=5) for _ in range(2)
    )
    for weight, again in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, again)


def test_without_a_seed_the_global_state_decides():
    keras.utils.set_random_seed(3)
    first = autoencoders.build_autoencoder("conv", image_shape=(8, 8, 1))
    second = autoencoders.build_autoencoder("conv", image_shape=(8, 8, 1))
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])


def test_unknown_autoencoder():
    with pytest.raises(
        InputError, match="known: conv, conv_bottleneck, conv_bottleneck_wide, unet"
    ):
        autoencoders.build_autoencoder("vae", image_shape=(8, 8, 1))


def test_a_model_without_a_code_is_refused():
    with pytest.raises(InputError, match="has no layer 'code'"):
        make_encode(build_tiny_classifier())
