"""What a data set is, and the split of validation examples from train."""

import dataclasses
import hashlib

import numpy as np

from aaa_tf import seeds
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Split:
    """Images (N, H, W, C) float32 in [0, 1] and labels (N,) int32, row by row.

    Other kinds of floats and integers are converted. `make_dataset` takes 0 to 255 too.

    Raises:
        InputError: arrays of another shape, of different lengths, or out of range.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        images, labels = np.asarray(self.images), np.asarray(self.labels)
        if images.ndim != 4 or labels.shape != images.shape[:1]:
            raise InputError(
                f"images of shape {images.shape} and labels of shape {labels.shape}; needed: "
                "(examples, height, width, channels), and one class number for each example"
            )
        is_float = np.issubdtype(images.dtype, np.floating)
        # NaN is in no range.
        if len(images) and not (is_float and images.min() >= 0 and images.max() <= 1):
            raise InputError(
                f"images are {images.dtype} from {images.min():g} to {images.max():g}; "
                "needed: floats in [0, 1]"
            )
        if len(labels) and not (np.issubdtype(labels.dtype, np.integer) and labels.min() >= 0):
            raise InputError("labels must be integers from 0 on")
        object.__setattr__(self, "images", images.astype(np.float32, copy=False))
        object.__setattr__(self, "labels", labels.astype(np.int32, copy=False))

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
