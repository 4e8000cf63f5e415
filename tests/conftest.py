"""Small shared parts: a tiny data set, tiny models, and MNIST where it is prepared."""

import os
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import AAAConfig
from aaa_tf.data import Dataset, Split, load_dataset

# Two logical CPUs, so that distribution can be tested; must precede any use of TensorFlow.
_CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(_CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

_BESIDE = pathlib.Path(__file__).parents[2] / "shared" / "tensorflow_datasets"
IMAGE_SHAPE, NUM_CLASSES = (8, 8, 1), 3


@pytest.fixture(scope="session")
def mnist():
    data_dir = os.environ.get("TFDS_DATA_DIR") or str(_BESIDE)
    if not os.path.isdir(os.path.join(data_dir, "mnist")):
        pytest.skip(f"MNIST is not prepared in {data_dir}; set TFDS_DATA_DIR")
    return load_dataset("mnist", data_dir=data_dir)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def make_split(size, seed):
    """Images whose class is the brightest third of their rows: learnable in a few steps."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, NUM_CLASSES, size).astype(np.int32)
    images = 0.4 * rng.random((size, *IMAGE_SHAPE), np.float32)
    for image, label in zip(images, labels, strict=True):
        image[label * 3 : label * 3 + 2] += 0.5
    return Split(images, labels)


@pytest.fixture
def tiny_dataset():
    return Dataset(
        name="tiny",
        train=make_split(60, 1),
        validation=make_split(12, 2),
        test=make_split(24, 3),
        class_names=("a", "b", "c"),
    )


def build_tiny_classifier(seed=0, num_classes=NUM_CLASSES, image_shape=IMAGE_SHAPE, name=None):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Conv2D(4, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(num_classes),
        ],
        name=name,
    )


@pytest.fixture
def tiny_config():
    return AAAConfig(
        dataset="tiny",
        native=("first", "second"),
        eps=0.2,
        step_size=0.1,
        num_steps=2,
        train_steps=6,
        batch_size=20,
        steps_per_epoch=3,
        validation_examples=12,
        validation_num_steps=2,
        checkpoint_every=2,
        warmup_steps=1,
        ramp_steps=2,
        learning_rate_schedule="constant",
        precision="float32",
        autoencoder="conv",
    )
