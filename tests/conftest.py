"""Small shared parts: a tiny data set, tiny models, and MNIST where it is prepared."""

import functools
import os
import pathlib
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import AAAConfig
from aaa_tf.data import Dataset, Split, load_dataset
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.serving import grpc_client, rest
from aaa_tf.serving.export import export_pipeline
from aaa_tf.serving.manifest import Measurement
from aaa_tf.training import distribution
from tests.attack_inputs import SHAPE, linear_model
from tests.stand_in_server import StandIn, serve_grpc, serve_rest

# Two logical CPUs, so that distribution can be tested; must precede any use of TensorFlow.
_CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(_CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

_BESIDE = pathlib.Path(__file__).parents[2] / "shared" / "tensorflow_datasets"
IMAGE_SHAPE, NUM_CLASSES = (8, 8, 1), 3


@functools.cache
def find_prepared(name):
    """Where a data set of TensorFlow Datasets is on this machine; else the test is skipped."""
    data_dir = os.environ.get("TFDS_DATA_DIR") or str(_BESIDE)
    if not os.path.isdir(os.path.join(data_dir, name)):
        pytest.skip(f"{name} is not prepared in {data_dir}; set TFDS_DATA_DIR")
    return data_dir


def load_prepared(name):
    """A data set of TensorFlow Datasets that is on this machine; else the test is skipped.

    Decoded once a process, and not to be changed.
    """
    dataset = load_dataset(name, data_dir=find_prepared(name))
    for split in (dataset.train, dataset.validation, dataset.test):
        split.images.flags.writeable = split.labels.flags.writeable = False
    return dataset


@pytest.fixture(scope="session")
def mnist():
    return load_prepared("mnist")


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
    return build_tiny_dataset()


def build_tiny_dataset():
    return Dataset(
        name="tiny",
        train=make_split(60, 1),
        validation=make_split(12, 2),
        test=make_split(24, 3),
        class_names=("a", "b", "c"),
    )


def build_tiny_classifier(
    seed=0, num_classes=NUM_CLASSES, image_shape=IMAGE_SHAPE, name=None, dtype="float32"
):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Conv2D(4, 3, activation="tanh", dtype=dtype),
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(num_classes, dtype=dtype),
        ],
        name=name,
    )


@pytest.fixture(scope="session")
def pipeline_parts():
    """An autoencoder and a frozen classifier, as an export takes them."""
    autoencoder = build_autoencoder("conv_bottleneck", image_shape=IMAGE_SHAPE, seed=0)
    return autoencoder, freeze_keras("f", build_tiny_classifier())


@pytest.fixture(scope="session")
def exported(pipeline_parts, tmp_path_factory):
    """Version 1 of the pipeline "p" with everything in it, through the whole gate."""
    attack = {"name": "PGD-7", "norm": "Linf", "eps": 0.1}
    shared = {"num_examples": 8, "attack": attack}
    return export_pipeline(
        *pipeline_parts,
        export_dir=tmp_path_factory.mktemp("exported"),
        name="p",
        class_names=("round", "Zürich", "c"),
        dataset="tiny",
        threat_model={"norm": "Linf", "eps": 0.1},
        measurements=(
            Measurement(defence="none", num_correct=7, num_robust=0, **shared),
            Measurement(defence="AAA", num_correct=6, num_robust=4, **shared),
        ),
        samples=make_split(40, 3),
    )


def weights_of(model):
    """All weights of a Keras model in one row."""
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.fixture
def natives():
    """Two classifiers, as many as `tiny_config` names."""
    return [freeze_keras(name, build_tiny_classifier(seed)) for seed, name in enumerate("fs")]


@pytest.fixture
def tiny_config():
    return make_tiny_config()


def make_tiny_config():
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


@pytest.fixture(scope="session")
def attacked_model():
    """A small classifier of five classes that attacks break, as a function."""
    return freeze_keras("f", build_tiny_classifier(num_classes=5, image_shape=SHAPE)).logits_fn


@pytest.fixture(scope="session")
def attacked_data(attacked_model):
    """Images that the model classifies by its own prediction, a third labelled wrongly."""
    images = np.random.default_rng(5).random((24, *SHAPE), np.float32)
    labels = np.argmax(attacked_model(images), axis=1).astype(np.int32)
    labels[::3] = (labels[::3] + 1) % 5
    return images, labels


@pytest.fixture
def linear_problem(rng):
    """A linear model with its weights and bias, and images far from the edges of the box."""
    logits_fn, weights, bias = linear_model(rng)
    images = (0.5 + 0.4 * (rng.random((12, *SHAPE)) - 0.5)).astype(np.float32)
    return logits_fn, weights, bias, images, np.argmax(logits_fn(images), 1).astype(np.int32)


@pytest.fixture(scope="session")
def defended_setting():
    """An autoencoder, a classifier bare and behind it, and images with its own predictions."""
    autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
    bare = freeze_keras("f", build_tiny_classifier()).logits_fn
    defended = make_defended_logits_fn(autoencoder, bare)
    images = np.random.default_rng(0).random((10, 8, 8, 1), np.float32)
    labels = np.argmax(defended(images), axis=1).astype(np.int32)
    return autoencoder, bare, defended, images, labels


@pytest.fixture
def old_graph(tmp_path):
    """A SavedModel of TensorFlow 1, to be changed."""
    original = pathlib.Path(__file__).parent / "fixtures" / "tf215_old_graph"
    return pathlib.Path(shutil.copytree(original, tmp_path / "old"))


@pytest.fixture
def images(rng):
    """Four images for the tiny classifier, of no class."""
    return rng.random((4, *IMAGE_SHAPE), np.float32)


@pytest.fixture(scope="session")
def stand_in(exported):
    """Serves the exported pipeline in TensorFlow Serving's formats."""
    return StandIn(exported.parent)


@pytest.fixture(scope="module")
def serving_ports(stand_in):
    """The stand-in's port for each client."""
    with serve_rest(stand_in) as rest_port, serve_grpc(stand_in) as grpc_port:
        yield {rest: rest_port, grpc_client: grpc_port}


@pytest.fixture
def classified_images(rng):
    """Three images, the second of which is none: it holds NaN."""
    images = rng.random((3, *IMAGE_SHAPE), np.float32)
    images[1, 0, 0] = np.nan
    return images


@pytest.fixture(scope="session")
def two_devices():
    """The strategy of both logical CPUs."""
    return distribution.build_strategy("mirrored")
