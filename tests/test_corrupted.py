"""Corrupted images by name, and those that are generated."""

import numpy as np
import pytest

from aaa_tf.corruptions import corrupt
from aaa_tf.data.corrupted import open_corruptions
from aaa_tf.errors import InputError
from tests.corrupted_data import make_split, open_


@pytest.mark.parametrize("spec", ["nope", "cifar10_d", "folder/that/is/not"])
def test_unknown_name_lists_the_known_ones(spec):
    with pytest.raises(
        InputError, match=f"'{spec}'; known: generated, cifar10_c, mnist_c, or a fold"
    ):
        open_(spec, make_split())


def test_generated_cells_are_those_of_corrupt():
    split = make_split()
    source = open_("generated", split, num_examples=4, seed=5)
    assert len(source) == 95
    assert source.cells[:6] == (*(("gaussian_noise", str(s)) for s in range(1, 6)),
                                ("shot_noise", "1"))  # fmt: skip
    for type_name, severity, images, labels in source:
        if severity == "4":
            expected = corrupt(split.images[:4], type_name, 4, seed=5)
            np.testing.assert_array_equal(images, expected)
            np.testing.assert_array_equal(labels, split.labels[:4])


def test_generated_says_what_does_not_compare():
    source = open_("generated", make_split(shape=(28, 28, 1)))
    assert source.not_comparable == ("frost",)
    assert len(source) == 90
    assert [note.split()[0] for note in source.notes] == ["frost", "saturate", "the"]
    assert "on 28x28" in source.notes[2]
    assert len(open_("generated", make_split(2, (32, 32, 3))).notes) == 1


@pytest.mark.parametrize(("spec", "name"), [("mnist_c", "fashion_mnist"), ("cifar10_c", "mnist")])
def test_corrupted_images_of_another_data_set_are_refused(spec, name):
    split = make_split(2, (28, 28, 1))
    corrupted = spec.removesuffix("_c")
    with pytest.raises(InputError, match=f"{spec} holds images of {corrupted}, not of {name}"):
        open_corruptions(spec, split, data_dir=None, seed=0, num_examples=0, dataset_name=name)


def test_generated_refuses_before_the_first_cell():
    with pytest.raises(InputError, match="0 or above, not -1"):
        open_("generated", make_split(), seed=-1)
    with pytest.raises(InputError, match="5x8 are too small"):
        open_("generated", make_split(shape=(5, 8, 3)))
