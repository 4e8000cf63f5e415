import io

import numpy as np
import PIL.Image
import pytest

from aaa_tf.corruptions import corrupt
from tests.corruption_inputs import make_images


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1)], ids=str)
def test_jpeg_is_that_of_pillow(shape):
    images = make_images(1, shape)
    pixels = np.rint(images[0] * 255).astype(np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=58)
    expected = np.asarray(PIL.Image.open(file)).reshape(shape)
    found = np.rint(corrupt(images, "jpeg_compression", 3)[0] * 255)
    np.testing.assert_array_equal(found, expected)


def test_pixelate_has_as_many_values_as_small_pixels():
    """At 0.65 a row of 32 pixels passes through int(32 * 0.65) = 20."""
    row = np.arange(32, dtype=np.float32) * 8 / np.float32(255)
    images = np.broadcast_to(row[None, None, :, None], (1, 32, 32, 1))
    pixelated = corrupt(images, "pixelate", 5)[0]
    assert len(np.unique(pixelated[0])) == 20
    assert (pixelated == pixelated[:1]).all()
    assert np.abs(pixelated - images).max() < 16 / 255
