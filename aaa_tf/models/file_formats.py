"""Says what a model file really is, before anything tries to read it as what its name claims.

    weights = open_archive("it.keras cannot be loaded as classifier", "it.keras")

A file that is empty, text, cut off, damaged or wrongly named is refused with that reason. Nothing
of its content is interpreted here beyond the containers zip and HDF5.
"""

import contextlib
import os
import zipfile

import h5py

from aaa_tf.errors import InputError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
CONFIG, WEIGHTS = "config.json", ("model.weights.h5", "model.weights.npz")


def require_container(subject: str, path: str) -> str:
    """Returns "zip" or "hdf5" as the suffix says; InputError where the content is something else.

    Args:
        subject: how the message begins, such as "x.keras cannot be loaded as classifier".
        path: a file.
    """
    with open(path, "rb") as file:
        start = file.read(512)
    expected = "zip" if path.endswith(".keras") else "hdf5"
    found = "zip" if start.startswith(_ZIP) else "hdf5" if start.startswith(_HDF5) else None
    if found == expected:
        return expected
    if not start:
        reason = "it is empty; copy or download it again"
    elif start.startswith(b"version https://git-lfs"):
        reason = "it is a pointer of Git LFS, not the file; run git lfs pull"
    elif found == "hdf5":
        reason = "it is an HDF5 file; rename it to .h5"
    elif found == "zip":
        reason = "it is a zip archive; rename it to .keras"
    elif _is_text(start):
        reason = "it is a text file, not a model (a page of an error?); download it again"
    else:
        reason = f"it is no {'zip archive' if expected == 'zip' else 'HDF5 file'} at all"
    raise InputError(f"{subject}: {reason}")


def _is_text(start):
    try:
        text = start[:500].decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)


def require_whole_archive(subject: str, path: str) -> None:
    """Reads a .keras archive to its end; InputError where it is cut off, damaged or incomplete."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            damaged = archive.testzip()
    except zipfile.BadZipFile as error:
        if "is not a zip file" in str(error):
            reason = f"it is cut off ({os.path.getsize(path)} bytes, no zip directory at the end)"
            raise InputError(f"{subject}: {reason}; copy or download it again") from error
        raise InputError(f"{subject}: the archive is damaged ({error})") from error
    except Exception as error:  # zipfile raises what its decompressors raise.
        raise InputError(
            f"{subject}: the archive is damaged ({type(error).__name__}: {error})"
        ) from error
    if damaged is not None:
        raise InputError(f"{subject}: {damaged} in it is damaged (its checksum is wrong)")
    if CONFIG not in names:
        raise InputError(f"{subject}: the archive holds no {CONFIG}, so Keras did not write it")
    if not set(WEIGHTS) & set(names):
        raise InputError(f"{subject}: the archive holds no weights ({WEIGHTS[0]})")


@contextlib.contextmanager
def open_hdf5(subject: str, file):
    """Opens an HDF5 file, by path or as a file object, for reading; InputError where it cannot."""
    try:
        opened = h5py.File(file, "r")
    except Exception as error:  # OSError mostly; h5py maps the library's errors freely.
        text = str(error)
        cut_off = "truncated" in text or "eof" in text
        reason = "it is cut off" if cut_off else f"its HDF5 part is damaged ({text})"
        raise InputError(f"{subject}: {reason}; copy or download it again") from error
    with opened:
        yield opened
