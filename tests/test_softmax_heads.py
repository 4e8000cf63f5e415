"""Where a model ends in softmax or sigmoid, and what becomes of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.frozen import freeze_keras
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


def second_of_two_heads(x):
    """Its first head is of another task, and would be refused."""
    inner_inputs = keras.Input((64,))
    labels = keras.layers.Dense(3, activation="sigmoid")(inner_inputs)
    classes = keras.layers.Dense(3, activation="softmax")(inner_inputs)
    return keras.Model(inner_inputs, {"classes": classes, "a_label": labels})(x)["classes"]


@pytest.mark.parametrize(
    "head",
    [
        softmax_operation,
        softmax_in_a_model,
        softmax_before_dropout,
        softmax_of_a_shared_layer,
        second_of_two_heads,
        keras.layers.Dense(3, activation=tf.nn.softmax),
        keras.layers.Dense(3, activation=keras.layers.Softmax()),
    ],
)
def test_softmax_is_taken_off_wherever_it_is(rng, head):
    model = with_head(head)
    images = rng.random((4, *SHAPE), np.float32)
    expected = model(images, training=False).numpy()
    logits = freeze_keras("m", model).logits_fn(images).numpy()
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3
    np.testing.assert_array_equal(model(images, training=False), expected)


class Cosine(keras.layers.Dense):
    """Softmax of what no dense layer computes."""

    def call(self, x):
        unit = [keras.ops.normalize(x), keras.ops.normalize(self.kernel, axis=0)]
        return self.activation(5 * keras.ops.matmul(*unit))


def softmax(x):
    """The user's own, which is called as Keras' is."""
    return keras.activations.softmax(x / 2)


def mirrored(x):
    """An inner model of two inputs."""
    inner_inputs = [keras.Input((64,)), keras.Input((64,))]
    both = keras.layers.Concatenate()(inner_inputs)
    inner = keras.Model(inner_inputs, keras.layers.Dense(3, activation="softmax")(both))
    return inner([x, keras.ops.flip(x, axis=1)])


def average(x):
    layers = [keras.layers.Dense(3, activation="softmax") for _ in range(2)]
    return keras.layers.Average()([layer(x) for layer in layers])


@pytest.mark.parametrize(
    "head",
    [
        Cosine(3, activation="softmax"),
        keras.layers.Dense(3, activation=softmax),
        lambda x: keras.layers.Reshape((3,))(keras.layers.Dense(3, activation="softmax")(x)),
        mirrored,
        average,
    ],
    ids=["derived", "own", "reshaped", "two inputs", "average"],
)
def test_where_no_softmax_can_be_seen_probabilities_become_their_logarithm(rng, head):
    model = with_head(head)
    images = rng.random((4, *SHAPE), np.float32)
    with pytest.warns(UserWarning, match="returns probabilities and hides its logits"):
        native = freeze_keras("m", model)
    logits = native.logits_fn(images).numpy()
    np.testing.assert_allclose(tf.nn.softmax(logits), model(images, training=False), atol=1e-6)
    assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3


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
