"""CIFAR-10-C and MNIST-C through TensorFlow Datasets, from where they are prepared.

    open_tfds("mnist_c", (28, 28, 1), data_dir=None, num_examples=0)

Nothing is downloaded here, because CIFAR-10-C is 2.9 GB: what is missing is said, with the command
that gets it. MNIST-C (Mu & Gilmer 2019) has fifteen types and "identity", and no severities.
"""

import dataclasses
import os

from aaa_tf.corruptions import SEVERITIES, TYPES
from aaa_tf.data import named
from aaa_tf.data.corruption_source import CorruptionSource
from aaa_tf.errors import InputError

# Two types have other names there than in CIFAR-10-C's files, which are used everywhere here.
_TFDS_NAMES = {"glass_blur": "frosted_glass_blur", "elastic_transform": "elastic"}
_MNIST_C_TYPES = (
    "identity", "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale",
    "rotate", "brightness", "translate", "stripe", "fog", "spatter", "dotted_line", "zigzag",
    "canny_edges",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Set:
    """A corrupted data set: its builder, the shape of its images, cell -> configuration."""

    builder: str
    image_shape: tuple[int, int, int]
    configs: dict
    notes: tuple[str, ...] = ()


SETS = {
    "cifar10_c": _Set(
        "cifar10_corrupted",
        (32, 32, 3),
        {
            (name, str(severity)): f"{_TFDS_NAMES.get(name, name)}_{severity}"
            for name in TYPES
            for severity in SEVERITIES
        },
    ),
    "mnist_c": _Set(
        "mnist_corrupted",
        (28, 28, 1),
        {(name, "0"): name for name in _MNIST_C_TYPES},
        ("MNIST-C has no severities; identity is the clean test set",),
    ),
}


def open_tfds(name: str, image_shape, data_dir, num_examples: int) -> CorruptionSource:
    """Opens what is prepared of a corrupted data set.

    Args:
        name: key of SETS.
        image_shape: (H, W, C) of the data set under evaluation.
        data_dir: where TensorFlow Datasets keeps its files; None for its default.
        num_examples: the first ones of each cell; 0 for all.

    Raises:
        InputError: the data set does not fit, or nothing of it is prepared; when a cell is loaded,
            if its records cannot be read.
    """
    known = SETS[name]
    if tuple(image_shape) != known.image_shape:
        raise InputError(
            f"{name} has images of shape {known.image_shape}, the data set of "
            f"{tuple(image_shape)}; use generated corruptions"
        )
    data_dir = named.find_data_dir(data_dir)
    cells = {
        cell: config
        for cell, config in known.configs.items()
        if named.is_prepared(os.path.join(known.builder, config), data_dir)
    }
    if not cells:
        raise InputError(_how_to_get(name, known.builder, data_dir))
    missing = [config for cell, config in known.configs.items() if cell not in cells]
    notes = (f"not prepared, so left out: {', '.join(missing)}",) if missing else ()

    def load(type_name, severity):
        config = f"{known.builder}/{cells[type_name, severity]}"
        return named.read_prepared(config, data_dir, "test")[0].first(num_examples)

    return CorruptionSource(name, tuple(cells), load, notes=known.notes + notes)


def _how_to_get(name, builder, data_dir):
    code = (
        f"import tensorflow_datasets as t; [t.builder('{builder}/' + c, data_dir='{data_dir}')"
        f".download_and_prepare() for c in t.builder_cls('{builder}').builder_configs]"
    )
    files = ", or give the folder of its .npy files" if name == "cifar10_c" else ""
    return f'{name} is not prepared in {data_dir}; get it with python -c "{code}"{files}'
