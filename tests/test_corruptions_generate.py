"""What goes into a corruption and what is refused."""

import numpy as np
import pytest

from aaa_tf.corruptions import TYPES, applicable_types, corrupt, undefined_types
from aaa_tf.errors import InputError
from tests.corruption_inputs import make_images


def test_images_go_in_at_8_bits():
    images = np.full((1, 8, 8, 1), 127.7 / 255, np.float32)
    np.testing.assert_array_equal(corrupt(images, "contrast", 1), np.float32(128 / 255))


def test_many_images_are_as_few():
    """More than are worked on at a time."""
    images = make_images(130, (8, 8, 1))
    whole = corrupt(images, "gaussian_noise", 1)
    last = corrupt(images[127:], "gaussian_noise", 1, first_index=127)
    np.testing.assert_array_equal(whole[127:], last)
    assert corrupt(images[:0], "fog", 1).shape == (0, 8, 8, 1)


def test_what_applies_to_which_images():
    assert applicable_types((32, 32, 3)) == TYPES
    assert set(TYPES) - set(applicable_types((28, 28, 1))) == {"saturate"}
    assert "grey" in undefined_types((28, 28, 1))["saturate"]


GREY = np.full((1, 8, 8, 1), 0.5, np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((GREY, "sepia", 1), "unknown corruption 'sepia'; known: brightness"),
        ((GREY, "fog", 0), "severity must be 1 to 5, not 0"),
        ((GREY, "fog", 6), "severity must be 1 to 5, not 6"),
        ((GREY, "saturate", 1), "saturate is undefined for images of one channel: grey"),
        ((np.repeat(GREY, 4, axis=-1), "fog", 1), "4 channels cannot be corrupted"),
        ((GREY[:, :7], "fog", 1), "7x8 are too small; needed: at least 8x8"),
        ((GREY[0], "fog", 1), r"shape \(8, 8, 1\)"),
        (((GREY * 255).astype(np.uint8), "fog", 1), "uint8 cannot be corrupted; needed"),
        ((GREY + 1, "fog", 1), r"must be finite and lie in \[0, 1\]"),
        ((GREY * np.nan, "fog", 1), "must be finite"),
    ],
)
def test_what_cannot_be_corrupted(arguments, message):
    with pytest.raises(InputError, match=message):
        corrupt(*arguments)


def test_negative_seed():
    with pytest.raises(InputError, match="0 or above, not -1"):
        corrupt(GREY, "fog", 1, seed=-1)
