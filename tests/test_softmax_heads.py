"""Where a model ends in softmax or sigmoid, and what becomes of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import SHAPE, load, save, with_last


def with_head(head):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    return keras.Model(inputs, head(keras.layers.Flatten()(inputs)))


def softmax_operation(x):
    return keras.ops.softmax(keras.layers.Dense(3)(x))


def softmax_in_a_model(x):
    inner_inputs = keras.Input((64,))
    inner = keras.Model(inner_inputs, keras.layers.Dense(3, activation="softmax")(inner_inputs))
    return inner(x)


def softmax_before_dropout(x):
    x = keras.layers.Dense(3, activation="softmax")(x)
    return keras.layers.Activation("linear")(keras.layers.Dropout(0.5)(x))


def softmax_of_a_shared_layer(x):
    dense = keras.layers.Dense(64, activation="softmax")
    return dense(dense(x))


@pytest.mark.parametrize(
    "head",
    [softmax_operation, softmax_in_a_model, softmax_before_dropout, softmax_of_a_shared_layer],
)
def test_softmax_is_taken_off_wherever_it_is(tmp_path, rng, head):
    model = with_head(head)
    images = rng.random((4, *SHAPE), np.float32)
    expected = model(images, training=False).numpy()
    logits = load(save(model, tmp_path / "m.keras")).logits_fn(images).numpy()
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3
    np.testing.assert_array_equal(model(images, training=False), expected)


def sigmoid_in_a_model(x):
    return keras.Sequential([keras.layers.Dense(3, activation="sigmoid")])(x)


@pytest.mark.parametrize(
    "head",
    [sigmoid_in_a_model, keras.layers.Dense(3, activation="hard_sigmoid"),
     lambda x: keras.ops.sigmoid(keras.layers.Dense(3)(x))],
    ids=["inner", "hard", "operation"],
)  # fmt: skip
def test_several_labels_are_refused(tmp_path, head):
    with pytest.raises(InputError, match="several labels for one image"):
        load(save(with_head(head), tmp_path / "m.keras"))


def test_one_score_is_refused(tmp_path):
    model = with_head(keras.layers.Dense(1, activation="sigmoid"))
    with pytest.raises(InputError, match="one score per class"):
        load(save(model, tmp_path / "m.keras"))


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
