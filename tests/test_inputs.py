"""What a training is given: natives, an autoencoder, an objective; refused before it writes."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import losses
from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import runs
from aaa_tf.training.inputs import require_objective
from tests.classifier_files import Scaled
from tests.conftest import build_tiny_classifier, weights_of


def test_natives_must_fit_before_anything_is_written(tmp_path, tiny_dataset, tiny_config):
    other = freeze_keras("other", build_tiny_classifier(num_classes=4))
    tiny_config = dataclasses.replace(tiny_config, native=("other",))
    with pytest.raises(InputError, match="has 4 classes"):
        runs.train_autoencoder(tiny_dataset, [other], tiny_config, run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_cannot_be_leaves_its_folder_free(tmp_path, tiny_dataset, tiny_config):
    native = freeze_keras("mine.keras", build_tiny_classifier())
    blind = dataclasses.replace(native, has_gradient=False)
    tiny_config = dataclasses.replace(tiny_config, native=("mine.keras",))
    for other, changes, message in (
        (native, {"batch_size": 61}, "60 training examples are fewer than one batch"),
        (native, {"max_shift": 8}, "max_shift"),
        (blind, {}, "gives no gradient"),
    ):
        config = dataclasses.replace(tiny_config, **changes)
        with pytest.raises(InputError, match=message):
            runs.train_autoencoder(tiny_dataset, [other], config, run_dir=tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_an_autoencoder_of_ones_own(tmp_path, tiny_dataset, tiny_config, natives):
    own = build_autoencoder("conv", image_shape=(8, 8, 1), seed=5)
    own = keras.Model(own.inputs[0], own.outputs[0], name="mine")
    before = weights_of(own)
    trained = runs.train_autoencoder(
        tiny_dataset, natives, tiny_config, run_dir=tmp_path, autoencoder=own
    )
    np.testing.assert_array_equal(weights_of(own), before)
    assert not np.array_equal(weights_of(trained), before)
    assert json.loads((tmp_path / "config.json").read_text())["config"]["autoencoder"] != "conv"
    own = keras.Model(own.inputs[0], own.outputs[0], name="built_again")
    again = runs.train_autoencoder(
        tiny_dataset, natives, tiny_config, run_dir=tmp_path, autoencoder=own
    )
    np.testing.assert_array_equal(weights_of(again), weights_of(trained))
    inputs = keras.Input((8, 8, 1))
    linear = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(4 * inputs - 2))
    wider = keras.Model(inputs, keras.layers.ZeroPadding2D()(inputs))
    code = keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs))
    scaled = keras.Model(inputs, Scaled(0.5)(inputs))
    for model, message in (
        (linear, r"needed: the same shape, in \[0, 1\]"),
        (wider, "maps"),
        (code, "such as a Lambda"),
        (scaled, r"cannot copy autoencoder=, .*\(its copy answers differently\); let get_config"),
        (lambda images: images, "is a function, no Keras model"),
    ):
        with pytest.raises(InputError, match=message):
            runs.train_autoencoder(
                tiny_dataset, natives, tiny_config, run_dir=tmp_path / "no", autoencoder=model
            )
    assert not (tmp_path / "no").exists()
    other = keras.models.clone_model(own)
    other.set_weights(own.get_weights())
    other.layers[1].activation = keras.activations.tanh
    with pytest.raises(InputError, match="other autoencoder, under"):
        runs.train_autoencoder(
            tiny_dataset, natives, tiny_config, run_dir=tmp_path, autoencoder=other
        )


def test_as_many_natives_as_names(tmp_path, tiny_dataset, tiny_config, natives):
    config = dataclasses.replace(tiny_config, native=("f",))
    with pytest.raises(InputError, match=r"2 natives are given and config\.native names 1: f"):
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def xent_and_7_mse(reconstruction, logits, images, labels):
    mse = losses.mean_squared_error(reconstruction, images)
    return losses.softmax_cross_entropy(logits, labels) + 7 * mse


def test_an_objective_of_ones_own(tmp_path, tiny_dataset, tiny_config, natives):
    """Equation 3 written by a user trains the same weights, and is told from others."""
    named = dataclasses.replace(tiny_config, loss="xent_mse", lambda_=7.0)
    own = dataclasses.replace(tiny_config, loss=xent_and_7_mse)
    trained = [
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / name)
        for name, config in (("named", named), ("own", own))
    ]
    np.testing.assert_allclose(weights_of(trained[1]), weights_of(trained[0]), atol=1e-6)
    kept = json.loads((tmp_path / "own" / "config.json").read_text())["config"]["loss"]
    assert kept == "tests.test_inputs.xent_and_7_mse"
    with pytest.raises(InputError, match="loss is 'tests.test_inputs.xent_and_7_mse' there"):
        runs.train_autoencoder(tiny_dataset, natives, named, run_dir=tmp_path / "own")


def test_functions_of_one_name_are_told_apart(tmp_path, tiny_dataset, tiny_config, natives):
    """Closures have one name; tf.function holds what cannot be copied."""

    def make_loss(factor):
        @tf.function
        def weighted(logits, labels):
            return factor * losses.softmax_cross_entropy(logits, labels)

        return weighted

    for factor in (2.0, 2.0):
        config = dataclasses.replace(tiny_config, loss=make_loss(factor))
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path)
    config = dataclasses.replace(tiny_config, loss=make_loss(3.0))
    with pytest.raises(InputError, match="was begun with other loss, under the same names"):
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path)


def summed(logits):
    return tf.reduce_sum(logits)


def of_each_class(logits):
    return tf.reduce_sum(logits, axis=0)


def blind(logits):
    return tf.cast(tf.argmax(logits, axis=1), tf.float32)


def flat(logits):
    return tf.sign(logits[:, 0])


def endless(logits):
    return logits[:, 0] / 0


def of_numpy(logits, labels):
    return losses.softmax_cross_entropy(logits, labels) * float(np.mean(np.asarray(logits)))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (summed, r"summed has the shape \(\) for 3 images; needed is one number for each, \(3,\)"),
        (of_each_class, r"of_each_class has the shape \(3,\) for 4 images"),
        (blind, "blind has no finite gradient but 0 by the autoencoder's weights"),
        (flat, "flat has no finite gradient but 0"),
        (endless, "endless is not finite on random images"),
        (of_numpy, "of_numpy fails: NotImplementedError: Cannot convert a symbolic"),
    ],
)
def test_what_is_no_objective(tmp_path, tiny_dataset, tiny_config, natives, loss, message):
    config = dataclasses.replace(tiny_config, loss=loss)
    with pytest.raises(InputError, match=message):
        runs.train_autoencoder(tiny_dataset, natives, config, run_dir=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def of_clean_images(clean_logits, labels):
    return losses.softmax_cross_entropy(clean_logits, labels)


def test_free_replay_needs_an_objective_that_its_adversary_can_climb(tiny_config, natives):
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    config = dataclasses.replace(tiny_config, loss=of_clean_images)
    require_objective(config, autoencoder, natives[0])
    config = dataclasses.replace(config, free_replays=2, num_steps=1)
    with pytest.raises(InputError, match="no gradient by the attacked images, which free_replays"):
        require_objective(config, autoencoder, natives[0])


def log_of_the_difference(logits, clean_logits):
    return tf.math.log(tf.reduce_sum((logits - clean_logits) ** 2, axis=1))


def test_attacked_images_are_others_than_the_clean_ones(tiny_config, natives):
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    config = dataclasses.replace(tiny_config, loss=log_of_the_difference)
    require_objective(config, autoencoder, natives[0])
