"""Random shifts and mirror images of training examples, as Madry's CIFAR-10 training makes them.

    augment = Augmentation(max_shift=2, random_flip=False)
    augment(images, positions=[0, 1], key=(seed, 7), batch_size=2)

A draw depends on the key and the place in the global batch alone, so it is the same after a resume
and on any number of devices. Reference: cifar10_challenge of Madry et al. 2018, whose training
moves images by up to 2 pixels and mirrors one in two.
"""

import dataclasses

import numpy as np

from aaa_tf import seeds
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What is done to the training examples of a batch.

    Attributes:
        max_shift: pixels that an image moves at most, up or down and left or right; what comes in
            is 0.
        random_flip: whether one image in two is mirrored left to right.
    """

    max_shift: int = 0
    random_flip: bool = False

    def require_fits(self, image_shape) -> None:
        """Raises InputError if a shift could leave nothing of an image of this (H, W, C)."""
        if self.max_shift >= min(image_shape[:2]):
            raise InputError(
                f"max_shift {self.max_shift} moves images of {image_shape[0]}x{image_shape[1]} "
                f"pixels out of sight; give --max_shift={min(image_shape[:2]) - 1} or less"
            )

    def __call__(self, images, positions, key, batch_size: int) -> np.ndarray:
        """Changes some examples of a batch.

        Args:
            images: (N, H, W, C), the examples at `positions`.
            positions: (N,) places in the global batch.
            key: integers that the draws depend on: seed, number of the batch.
            batch_size: size of the global batch.

        Returns:
            (N, H, W, C); `images` itself where nothing is asked for.
        """
        draws = np.random.default_rng([*key, seeds.AUGMENTATION])
        shifts = draws.integers(-self.max_shift, self.max_shift + 1, (batch_size, 2))[positions]
        is_flipped = draws.random(batch_size)[positions] < 0.5
        if self.max_shift:
            images = shift(images, shifts)
        if self.random_flip:
            images = np.where(is_flipped[:, None, None, None], images[:, :, ::-1], images)
        return images


def shift(images, shifts) -> np.ndarray:
    """Moves each image by its own whole pixels.

    Args:
        images: (N, H, W, C).
        shifts: (N, 2) integers: down and to the right; negative for up and left.

    Returns:
        (N, H, W, C), with 0 where no pixel came from.
    """
    _, height, width, _ = images.shape
    margin = int(np.abs(shifts).max(initial=0))
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    first = margin - np.asarray(shifts)
    rows = first[:, :1] + np.arange(height)
    columns = first[:, 1:] + np.arange(width)
    return padded[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]
