"""Images from files, as a client sends them.

    images = read_images(["a.png", "b.png"])     # uint8, for predict_uint8
    images = read_images(["batch.npy"])          # float: as it is, for serving_default

Nothing is resized, converted or put in range: what the server says of an image is then true of the
file.
"""

import pathlib
import zipfile
import zlib

import numpy as np
import PIL.Image

from aaa_tf.errors import InputError


def read_images(paths) -> np.ndarray:
    """Reads image files, or one array.

    Args:
        paths: image files of one size and colour, or a single .npy, or a single .npz with an array
            `images` or `x_test`.

    Returns:
        (N, H, W, C) uint8 from image files; uint8 or float32 from arrays.

    Raises:
        InputError: a missing or unreadable file, images of different shapes, another type or rank.
    """
    paths = [pathlib.Path(path) for path in paths]
    if len(paths) == 1 and paths[0].suffix in (".npy", ".npz"):
        return _read_array(paths[0])
    images = [_read_image(path) for path in paths]
    for path, image in zip(paths, images, strict=True):
        if image.shape != images[0].shape:
            raise InputError(
                f"{path} has shape {image.shape}, {paths[0]} {images[0].shape}; send images of one "
                "shape at a time"
            )
    return np.stack(images)


def _read_image(path):
    try:
        with PIL.Image.open(path) as image:
            if image.mode.startswith(("I", "F")):  # converting these would cut at 255
                raise InputError(
                    f"{path} has more than 8 bits a colour ({image.mode}); send an array of floats "
                    "in [0, 1] as .npy"
                )
            is_grey = image.mode in ("1", "L")
            pixels = np.asarray(image.convert("L" if is_grey else "RGB"))
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, PIL.Image.DecompressionBombError) as error:
        raise InputError(f"{path} cannot be read as an image: {error}") from error
    return pixels[..., None] if is_grey else pixels


def _read_array(path):
    try:
        with path.open("rb") as opened:
            array = np.load(opened, allow_pickle=False)
            if isinstance(array, np.lib.npyio.NpzFile):  # by its content, whatever its name
                array = array["images" if "images" in array else "x_test"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} cannot be read as an array of images: {error}") from error
    array = array[..., None] if array.ndim == 3 else array
    if array.ndim != 4 or not (array.dtype == np.uint8 or array.dtype.kind == "f"):
        raise InputError(
            f"{path} holds {array.dtype} of shape {array.shape}; needed: uint8 or float images "
            "(examples, height, width[, channels])"
        )
    return array if array.dtype == np.uint8 else array.astype(np.float32)
