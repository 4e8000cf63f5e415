import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models import madry


@pytest.mark.parametrize("spread", [100.0, 0.004, 0.0], ids=["ordinary", "nearly", "constant"])
def test_standardization_is_tensorflows_on_0_to_255(rng, spread):
    """On a nearly constant image the floor of the deviation acts, and the range matters."""
    pixels = (120 + spread * rng.random((2, 32, 32, 3))).astype(np.float32)
    expected = tf.image.per_image_standardization(pixels)
    found = madry.PerImageStandardization()(pixels / np.float32(255))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_floor_of_the_deviation_needs_the_factor_255(rng):
    pixels = (120 + 0.004 * rng.random((1, 32, 32, 3))).astype(np.float32)
    in_unit_range = tf.image.per_image_standardization(pixels / np.float32(255))
    found = madry.PerImageStandardization()(pixels / np.float32(255))
    assert np.abs(found - in_unit_range).max() > 0.01


def test_initialisers_of_the_originals():
    keras.utils.set_random_seed(0)
    mnist = madry.build_madry_mnist((28, 28, 1), 10)
    kernel, bias = mnist.get_layer("fc1").get_weights()
    assert np.abs(kernel).max() <= 0.2  # truncated at two deviations
    assert kernel.std() == pytest.approx(0.088, abs=0.002)  # what truncation leaves of 0.1
    assert np.all(bias == np.float32(0.1))
    cifar10 = madry.build_madry_cifar10((32, 32, 3), 10, madry.NARROW_FILTERS)
    kernel = cifar10.get_layer("unit_3_1.sub1.conv1").get_weights()[0]
    assert kernel.std() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)
    kernel, bias = cifar10.get_layer("logit").get_weights()
    assert np.abs(kernel).max() <= (3 / 64) ** 0.5
    assert np.all(bias == 0)


def test_five_units_a_stage_and_published_size_of_the_wide_form():
    model = madry.build_madry_cifar10((32, 32, 3), 10)
    units = {layer.name.split(".")[0] for layer in model.layers if layer.name.startswith("unit_")}
    assert units == {f"unit_{s}_{u}" for s in (1, 2, 3) for u in range(5)} | {"unit_last"}
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable == 45_901_914


def test_padding_is_half_before_and_half_after():
    padded = madry.PadChannels(6)(tf.ones((1, 1, 1, 2)))
    np.testing.assert_array_equal(padded[0, 0, 0], [0, 0, 1, 1, 0, 0])


def test_saves_and_loads(tmp_path, rng):
    model = madry.build_madry_cifar10((8, 8, 3), 4, madry.NARROW_FILTERS)
    model.save(tmp_path / "d.keras")
    images = rng.random((2, 8, 8, 3), np.float32)
    again = keras.models.load_model(tmp_path / "d.keras")
    np.testing.assert_array_equal(model(images), again(images))
