"""Pixelation and JPEG of CIFAR-10-C, by Pillow as published.

    jpeg_compression(images, 80, draws)

JPEG depends a little on the library that Pillow was built with: a level or two in some pixels.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import io

import numpy as np
import PIL.Image

from aaa_tf.corruptions import levels


def pixelate(images, share, draws):
    """Shrinks to int(side * share) pixels and enlarges again, both with box filters."""
    del draws
    height, width = images.shape[1:3]
    small = (int(width * share), int(height * share))
    box = PIL.Image.Resampling.BOX
    return _through_pillow(
        images, lambda image: image.resize(small, box).resize((width, height), box)
    )


def jpeg_compression(images, quality, draws):
    """Compresses and decompresses; colour is subsampled as Pillow does by default."""
    del draws

    def compress(image):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return PIL.Image.open(file)

    return _through_pillow(images, compress)


def _through_pillow(images, change):
    """Applies `change` to each image as an 8-bit grey or RGB picture."""
    pixels = levels.to_bytes(images)
    pixels = pixels[..., 0] if images.shape[-1] == 1 else pixels
    changed = np.stack([np.asarray(change(PIL.Image.fromarray(image))) for image in pixels])
    return changed.reshape(images.shape) / 255
