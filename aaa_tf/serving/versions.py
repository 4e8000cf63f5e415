"""Versions of a pipeline on disk: complete or invisible, counted up, never overwritten.

    with partial_folder(base) as partial:
        ...                                # write and check
        version_dir = publish(partial, base)

A model server takes every folder whose name is an integer, at any moment. So a version is written
under another name in the same folder, flushed to disk, and appears by one rename.
"""

import contextlib
import os
import pathlib
import shutil

from aaa_tf.errors import InputError

_PARTIAL = ".partial-"


@contextlib.contextmanager
def partial_folder(base: pathlib.Path):
    """A new folder beside the versions of `base`, removed at the end unless it was published.

    The folder of a process that was killed is removed by the next export.
    """
    for stale in base.glob(f"{_PARTIAL}*"):
        if _is_left_over(stale.name.removeprefix(_PARTIAL)):
            shutil.rmtree(stale)
    partial = base / f"{_PARTIAL}{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
    finally:
        if partial.exists():
            shutil.rmtree(partial)


def publish(partial: pathlib.Path, base: pathlib.Path) -> pathlib.Path:
    """Flushes `partial` to disk and renames it to the next version of `base`, which it returns."""
    for folder, _, files in os.walk(partial):
        for path in (*(os.path.join(folder, file) for file in files), folder):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
    version_dir = base / str(max(list_versions(base), default=0) + 1)
    if version_dir.exists():
        raise InputError(f"{version_dir} exists already; export again")
    partial.rename(version_dir)
    return version_dir


def list_versions(base) -> list[int]:
    """The versions in a model base path, ascending; what a model server would see."""
    base = pathlib.Path(base)
    if not base.is_dir():
        return []
    return sorted(int(path.name) for path in base.iterdir() if path.name.isdecimal())


def _is_left_over(pid):
    """Whether no process writes the folder of that id any more."""
    if not pid.isdecimal():
        return False  # It is not ours.
    # In a container every run may get the id of the one that was killed.
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
