"""Adversarial images that somebody else made, judged by the same rules as our own.

    attack = load_saved_images("theirs.npz", split.images, eps=0.3)

The file may come from any tool; each image is held against the threat model when it is read.
"""

import dataclasses
import hashlib
import io
import pathlib

import numpy as np
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.verify import verify_adversarial_images
from aaa_tf.errors import InputError

ARRAY = "adversarial_images"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SavedImages(Attack):
    """Shows each image its saved adversarial version.

    Attributes:
        adversarial_images: (N, H, W, C) in the order of the data.
        sha256: of the images, so that reports and finished rounds tell one file from another.
    """

    adversarial_images: np.ndarray = dataclasses.field(repr=False)
    sha256: str = dataclasses.field(default="", init=False)

    def __post_init__(self):
        super().__post_init__()
        digest = hashlib.sha256(np.ascontiguousarray(self.adversarial_images).tobytes())
        object.__setattr__(self, "sha256", digest.hexdigest())

    @property
    def needs_gradient(self) -> bool:
        """Implements `Attack.needs_gradient`."""
        return False

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        found = tf.gather(tf.constant(self.adversarial_images), index)
        return Found(found, tf.constant(0), tf.constant(1))


def load_saved_images(path: str, images, *, eps: float, norm: str = "Linf") -> SavedImages:
    """Reads the array `adversarial_images` of an .npz file.

    Args:
        path: the file; its rows belong to the first rows of the test data.
        images: (N, H, W, C) the clean images.
        eps: radius that every image must keep.
        norm: "Linf" or "L2".

    Raises:
        InputError: a missing or damaged file, another shape, or images outside the threat model.
    """
    try:
        content_bytes = pathlib.Path(path).read_bytes()
        with np.load(io.BytesIO(content_bytes), allow_pickle=False) as content:
            found = content[ARRAY].astype(np.float32)
    except FileNotFoundError as error:
        raise InputError(f"no file {path}") from error
    except Exception as error:  # NumPy raises half a dozen types; the cause is kept
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}); needed: an .npz file with an array "
            f"{ARRAY} (N, height, width, channels) of numbers in [0, 1]"
        ) from error
    if found.shape != images.shape:
        raise InputError(
            f"{path} holds images of shape {found.shape}, the data evaluated {images.shape}; "
            "set --num_examples to the number of saved images, of the same data set"
        )
    try:
        verify_adversarial_images(images, found, eps, norm)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    # What is admitted beyond eps is rounding, which the runner knows of its own attacks alone.
    found = norms.project(tf.constant(found), tf.constant(images), eps, norm).numpy()
    return SavedImages(eps=eps, norm=norm, adversarial_images=found)
