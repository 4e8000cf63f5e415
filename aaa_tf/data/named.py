"""The public data sets: scikit-learn's digits, and TensorFlow Datasets' MNIST family and CIFAR-10.

`digits` is embedded in scikit-learn and needs no network: 1,797 handwritten digits of 8x8 pixels,
resized to 28x28 so that MNIST's models fit. They are greyer than MNIST: defend them at eps 0.1.
"""

import os
import socket
import threading
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError

# Where TensorFlow Datasets downloads from; asked first, because its own retries take minutes.
_SOURCES = {
    "mnist": "https://storage.googleapis.com",
    "fashion_mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "cifar10": "https://www.cs.toronto.edu",
}
_REACH_SECONDS = 8


def load_digits(data_dir=None):
    """Digits as (train, test, class names): 1,437 and 360 examples, stratified, always the same."""
    del data_dir  # embedded: nothing to look up
    import sklearn.datasets
    import sklearn.model_selection
    import tensorflow as tf

    digits = sklearn.datasets.load_digits()
    images = tf.image.resize(digits.images[..., None] / 16.0, (28, 28)).numpy()
    images = np.clip(images, 0, 1).astype(np.float32)
    labels = digits.target.astype(np.int32)
    rows = sklearn.model_selection.train_test_split(
        np.arange(len(labels)), test_size=360, stratify=labels, random_state=0
    )
    train, test = (Split(images[part], labels[part]) for part in rows)
    return train, test, tuple(str(digit) for digit in range(10))


def make_tfds_loader(name: str):
    """A loader of one TensorFlow Datasets data set with the splits train and test."""

    def load(data_dir=None):
        import tensorflow_datasets as tfds

        tfds.disable_progress_bar()
        data_dir = find_data_dir(data_dir)
        if not is_prepared(name, data_dir):
            _prepare(name, data_dir)
        train, test, class_names = read_prepared(name, data_dir, "train", "test")
        return train, test, class_names

    return load


LOADERS = {"digits": load_digits} | {name: make_tfds_loader(name) for name in _SOURCES}


def find_data_dir(data_dir: str | None) -> str:
    """The folder of TensorFlow Datasets: as given, else TFDS_DATA_DIR, else its own default."""
    import tensorflow_datasets as tfds

    return os.path.expanduser(
        data_dir or os.environ.get("TFDS_DATA_DIR") or tfds.core.constants.DATA_DIR
    )


def read_prepared(name: str, data_dir: str, *parts: str):
    """Reads splits of a prepared data set, then its class names: one Split for each of `parts`.

    Raises:
        InputError: if it cannot be read.
    """
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
        splits = [_to_split(builder.as_dataset(split=part, batch_size=-1)) for part in parts]
        return *splits, tuple(builder.info.features["label"].names)
    except Exception as error:
        raise InputError(
            f"{name} in {data_dir} cannot be read ({type(error).__name__}): "
            f"delete {os.path.join(data_dir, name)} and prepare it again"
        ) from error


def is_prepared(name: str, data_dir: str) -> bool:
    """Whether TensorFlow Datasets has prepared `name` ("mnist", "mnist_corrupted/fog") there."""
    folder = os.path.join(data_dir, name)
    return os.path.isdir(folder) and any(
        os.path.exists(os.path.join(folder, version, "dataset_info.json"))
        for version in os.listdir(folder)
    )


def _prepare(name, data_dir):
    """Downloads `name` into `data_dir`; says in one line what to do when that cannot be done."""
    import tensorflow_datasets as tfds

    advice = (
        f"{name} is not in {data_dir} and cannot be downloaded; give --data_dir (or TFDS_DATA_DIR) "
        "a folder where TensorFlow Datasets has prepared it, or use --dataset=digits, "
        "which needs no download"
    )
    if not _is_reachable(_SOURCES[name]):
        raise InputError(advice)
    try:
        tfds.builder(name, data_dir=data_dir).download_and_prepare()
    except Exception as error:
        raise InputError(f"{advice} ({type(error).__name__})") from error


def _is_reachable(url):
    """Whether the host of `url` (or the proxy before it) takes a connection within seconds."""
    proxy = getproxies().get(urlsplit(url).scheme)
    parts = urlsplit(url if not proxy else proxy if "://" in proxy else f"http://{proxy}")
    address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    reached = threading.Event()

    def connect():
        try:
            socket.create_connection(address, timeout=_REACH_SECONDS).close()
            reached.set()
        except OSError:
            return

    # A thread, because looking up a name has no time limit of its own.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_REACH_SECONDS)
    return reached.is_set()


def _to_split(tensors):
    images = tensors["image"].numpy().astype(np.float32) / np.float32(255)
    return Split(images, tensors["label"].numpy().astype(np.int32))
