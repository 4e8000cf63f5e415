import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models import classifiers

# Published sizes: Madry's MNIST network (3,274,634) and w32-10 (45,901,914 trainable); the others
# are sums over the layers that their builders document.
NUM_WEIGHTS = {"A": 3_274_634, "C": 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10}


@pytest.mark.parametrize("name", [n for n in classifiers.NAMES if n not in ("D", "madry_cifar10")])
def test_any_image_shape_and_number_of_classes(name, rng):
    model = classifiers.build_classifier(name, image_shape=(22, 18, 3), num_classes=7, seed=0)
    logits = model(rng.random((2, 22, 18, 3), np.float32))
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", sorted(NUM_WEIGHTS))
def test_number_of_weights(name):
    model = classifiers.build_classifier(name, image_shape=(28, 28, 1), num_classes=10)
    assert model.count_params() == NUM_WEIGHTS[name]


def test_letters_are_the_plain_names():
    assert set(classifiers.LETTERS) == set("ABCDEF")
    by_letter, by_name = (
        classifiers.build_classifier(name, image_shape=(8, 8, 1), num_classes=3, seed=1)
        for name in ("B", "small_cnn")
    )
    for one, other in zip(by_letter.get_weights(), by_name.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_vgg19_has_sixteen_convolutions():
    model = classifiers.build_classifier("E", image_shape=(32, 32, 3), num_classes=10)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in layers] == [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8


def test_unknown_model():
    with pytest.raises(InputError, match="unknown model 'G'; known: A, B"):
        classifiers.build_classifier("G", image_shape=(8, 8, 1), num_classes=3)
