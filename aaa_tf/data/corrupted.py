"""Opens corrupted images for evaluation, by name or path.

    source = open_corruptions("generated", dataset.test, data_dir=None, seed=0, num_examples=1000)

generated    the test split, corrupted here with CIFAR-10-C's constants; any data set, no download
cifar10_c    CIFAR-10-C through TensorFlow Datasets
mnist_c      MNIST-C through TensorFlow Datasets; it has no severities
a folder     CIFAR-10-C's own .npy files
"""

import dataclasses
import os

from aaa_tf import corruptions
from aaa_tf.data import corrupted_npy, corrupted_tfds, named
from aaa_tf.data.corruption_source import CorruptionSource
from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError

KNOWN = ("generated", *sorted(corrupted_tfds.SETS))


def open_corruptions(
    spec: str,
    dataset_split: Split,
    *,
    data_dir: str | None,
    seed: int,
    num_examples: int,
    dataset_name: str = "",
) -> CorruptionSource:
    """Finds corrupted images that fit the data set under evaluation.

    Args:
        spec: "generated", "cifar10_c", "mnist_c", or a folder with gaussian_noise.npy, ... and
            labels.npy.
        dataset_split: clean test examples: corrupted when generated, else only their shape counts.
        data_dir: where TensorFlow Datasets keeps its files; None for its default.
        seed: seed of the generated corruptions, 0 or above.
        num_examples: the first examples of each type and severity; 0 for all.
        dataset_name: of the data set under evaluation; a public one must be the one corrupted.

    Returns:
        A CorruptionSource.

    Raises:
        InputError: unknown name, missing or damaged data, images that do not fit the data set.
    """
    image_shape = dataset_split.images.shape[1:]
    if spec == "generated":
        return generate_corruptions(dataset_split.first(num_examples), seed=seed)
    if spec in corrupted_tfds.SETS:
        _require_same(spec, dataset_name)
        source = corrupted_tfds.open_tfds(spec, image_shape, data_dir, num_examples)
    elif os.path.isdir(spec):
        source = corrupted_npy.open_npy(spec, image_shape, num_examples)
    else:
        raise InputError(
            f"unknown corruptions '{spec}'; known: {', '.join(KNOWN)}, "
            "or a folder of CIFAR-10-C's .npy files"
        )
    if num_examples:
        # Each publisher has an order of its own, and so has TensorFlow Datasets.
        note = f"the first {num_examples} of each cell, not the examples of the clean accuracy"
        source = dataclasses.replace(source, notes=(*source.notes, note))
    return source


def _require_same(spec, dataset_name):
    """Fashion-MNIST's images have the shape of MNIST-C's, and as many classes."""
    corrupted = spec.removesuffix("_c")
    if dataset_name in named.LOADERS and dataset_name != corrupted:
        raise InputError(
            f"{spec} holds images of {corrupted}, not of {dataset_name}; use generated corruptions"
        )


def generate_corruptions(split: Split, *, seed: int) -> CorruptionSource:
    """Corrupts a split with every type that applies to its images, cell by cell.

    Raises:
        InputError: negative seed, or images to which no type applies.
    """
    image_shape = split.images.shape[1:]
    types = corruptions.applicable_types(image_shape)
    if seed < 0:
        raise InputError(f"the seed of corruptions must be 0 or above, not {seed}")

    def load(type_name, severity):
        images = corruptions.corrupt(split.images, type_name, int(severity), seed=seed)
        return Split(images, split.labels)

    return CorruptionSource(
        name=f"generated with CIFAR-10-C's constants, seed {seed}",
        cells=tuple((name, str(level)) for name in types for level in corruptions.SEVERITIES),
        load=load,
        notes=tuple(_notes(image_shape)),
        not_comparable=("frost",),
    )


def _notes(image_shape):
    yield (
        "frost is drawn here in place of the published photographs; "
        "its accuracies do not compare with published ones"
    )
    for name, reason in corruptions.undefined_types(image_shape).items():
        yield f"{name} is left out: {reason}"
    height, width = image_shape[:2]
    if (height, width) != (32, 32):
        yield (
            f"the constants are those for 32x32 images, in pixels; on {height}x{width} "
            "the same severity weighs differently"
        )
