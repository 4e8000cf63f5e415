"""What a data set is, and the split of validation examples from train."""

import dataclasses
import hashlib

import numpy as np

from aaa_tf import seeds
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Split:
    """Images (N, H, W, C) float32 in [0, 1] and labels (N,) int32, row by row."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def fingerprint(self) -> str:
        """SHA-256 over images and labels."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images))
        digest.update(np.ascontiguousarray(self.labels))
        return digest.hexdigest()

    def first(self, count: int) -> "Split":
        """The first `count` examples; all of them if `count` is 0 or more than there are."""
        return self if count == 0 else Split(self.images[:count], self.labels[:count])


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A named data set in memory with its three splits and the names of its classes."""

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.train.images.shape[1:]

    @property
    def num_classes(self) -> int:
        """Number of classes; labels are 0 to num_classes - 1."""
        return len(self.class_names)


def shuffle(split: Split) -> Split:
    """The same examples in another order, which is the same every time."""
    order = seeds.permutation(0, 0, len(split))
    return Split(split.images[order], split.labels[order])


def hold_out_validation(train: Split) -> tuple[Split, Split]:
    """Splits a tenth of train, 5,000 at most, off for validation: the same examples every time."""
    count = min(5000, len(train) // 10)
    if count == 0:
        raise InputError(f"{len(train)} training examples are too few; at least 10 are needed")
    order = seeds.permutation(0, 0, len(train))
    held, kept = np.sort(order[:count]), np.sort(order[count:])
    return (
        Split(train.images[kept], train.labels[kept]),
        Split(train.images[held], train.labels[held]),
    )
