"""Data sets by name: what they hold, and what is said where they are not."""

import time

import numpy as np
import pytest

from aaa_tf.data import load_dataset, named
from aaa_tf.errors import InputError
from tests.dataset_format import check_format


def test_digits_are_embedded_and_always_the_same():
    first, second = load_dataset("digits"), load_dataset("digits")
    check_format(first)
    assert first.image_shape == (28, 28, 1)
    assert (len(first.train), len(first.validation), len(first.test)) == (1294, 143, 360)
    np.testing.assert_array_equal(first.validation.images, second.validation.images)
    assert np.unique(first.test.labels).size == 10


def test_mnist_is_complete(mnist):
    check_format(mnist)
    assert (len(mnist.train), len(mnist.validation), len(mnist.test)) == (55000, 5000, 10000)
    assert mnist.image_shape == (28, 28, 1)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="unknown dataset 'nope'; known: cifar10, digits"):
        load_dataset("nope")


def test_missing_mnist_is_told_in_time_with_both_ways_out(tmp_path, monkeypatch):
    monkeypatch.setattr(named, "_is_reachable", lambda url: False)
    with pytest.raises(InputError, match=r"--data_dir.*--dataset=digits"):
        load_dataset("mnist", data_dir=str(tmp_path))


def test_an_unreachable_host_is_given_up_in_time():
    started = time.monotonic()
    assert not named._is_reachable("http://127.0.0.1:9")  # the discard port: nobody listens
    assert time.monotonic() - started < 20


def test_damaged_records_are_told(tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        load_dataset("mnist", data_dir=str(tmp_path))
