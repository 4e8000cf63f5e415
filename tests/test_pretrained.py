"""Shipped autoencoders are found by name, and what is no such thing has no name."""

import functools
import pathlib

import numpy as np
import pytest

import aaa_tf
from aaa_tf.errors import InputError
from aaa_tf.models import pretrained
from aaa_tf.models.autoencoders import build_autoencoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two shipped autoencoders and an export that has no autoencoder.keras."""
    folder = tmp_path_factory.mktemp("saved_models")
    for seed, name in enumerate(("mnist_xent_mse", "fashion_mnist_xent_mse")):
        (folder / name).mkdir()
        model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=seed)
        model.save(folder / name / "autoencoder.keras")
    (folder / "my_export" / "1").mkdir(parents=True)
    return folder


def test_loads_the_autoencoder_of_that_name(folder, rng):
    images = rng.random((2, 8, 8, 1), np.float32)
    loaded = pretrained.load_pretrained("fashion_mnist_xent_mse", folder=folder)
    expected = build_autoencoder("conv", image_shape=(8, 8, 1), seed=1)
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), expected.predict(images, verbose=0)
    )
    found = pretrained.find_pretrained("mnist_xent_mse", folder=folder)
    assert found == folder / "mnist_xent_mse"


def test_a_name_is_taken_where_no_file_has_it(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    resolve = functools.partial(pretrained.resolve_autoencoder, folder=folder)
    assert resolve("mnist_xent_mse") == str(folder / "mnist_xent_mse")
    assert resolve("my_export") == "my_export"
    (tmp_path / "mnist_xent_mse").mkdir()
    assert resolve(pathlib.Path("mnist_xent_mse")) == "mnist_xent_mse"


@pytest.mark.parametrize("name", ["my_export", "cifar10", "", "../mnist_xent_mse"])
def test_unknown_names_are_refused_with_the_known_ones(folder, name):
    with pytest.raises(InputError, match="known: fashion_mnist_xent_mse, mnist_xent_mse$"):
        pretrained.find_pretrained(name, folder=folder)


def test_an_installation_without_any_says_so(tmp_path):
    with pytest.raises(InputError, match="there is none in .*clone the repository"):
        pretrained.find_pretrained("mnist_xent_mse", folder=tmp_path)


def test_it_is_public():
    assert aaa_tf.load_pretrained is pretrained.load_pretrained
    assert "load_pretrained" in aaa_tf.__all__
