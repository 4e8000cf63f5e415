"""Autoencoders that come with the source tree: `load_pretrained("mnist_xent_mse")`.

    autoencoder = aaa_tf.load_pretrained("mnist_xent_mse")
    folder = find_pretrained("mnist_xent_mse")      # the report lies there too

saved_models/<name>/ is what its training left: autoencoder.keras, config.json, the report, and
classifiers.json, which says where the natives lie; so it serves wherever a run directory does. A
folder without autoencoder.keras, such as an export of one's own, has no name here.
"""

import os
import pathlib

import keras

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_autoencoder

FOLDER = pathlib.Path(__file__).parents[2] / "saved_models"
_FILE = "autoencoder.keras"


def pretrained_names(folder=FOLDER) -> tuple[str, ...]:
    """Names of the autoencoders in `folder`, sorted."""
    return tuple(sorted(path.parent.name for path in pathlib.Path(folder).glob(f"*/{_FILE}")))


def find_pretrained(name: str, *, folder=FOLDER) -> pathlib.Path:
    """The folder of a shipped autoencoder; `load_autoencoder` takes it as it is.

    Args:
        name: one of `pretrained_names`.
        folder: where to look.

    Returns:
        folder/name.

    Raises:
        InputError: for an unknown name, listing the known ones.
    """
    known = pretrained_names(folder)
    if name in known:
        return pathlib.Path(folder) / name
    if not known:
        raise InputError(
            f"no pretrained autoencoder '{name}': there is none in {folder}; clone the repository, "
            "or train one with bin/train_aaa"
        )
    raise InputError(f"no pretrained autoencoder '{name}'; known: {', '.join(known)}")


def resolve_autoencoder(path, *, folder=FOLDER) -> str:
    """A path as it is; where there is nothing at it and it is a name, the folder of that name.

    Args:
        path: a .keras file, a run directory, or one of `pretrained_names`; string or Path.
        folder: where to look for the name.
    """
    path = os.fspath(path)
    if not os.path.exists(path) and path in pretrained_names(folder):
        return str(find_pretrained(path, folder=folder))
    return path


def load_pretrained(name: str, *, folder=FOLDER) -> keras.Model:
    """Loads a shipped autoencoder.

    Args:
        name: one of `pretrained_names`.
        folder: where to look.

    Returns:
        The Keras model, images in [0, 1] -> images of the same shape.

    Raises:
        InputError: for an unknown name or a damaged file.
    """
    return load_autoencoder(str(find_pretrained(name, folder=folder)))
