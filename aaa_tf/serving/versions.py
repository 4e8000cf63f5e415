"""Versions of a pipeline on disk: complete or invisible, counted up, never overwritten.

    with partial_folder(base) as partial:
        ...                                # write and check
        version_dir = publish(partial, base)

A model server takes every folder whose name is an integer, at any moment. So a version is written
under another name in the same folder, flushed to disk, and appears by one rename.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import uuid

from aaa_tf.errors import InputError

_PARTIAL = ".partial-"
_NAME = re.compile(r"\.partial-[0-9a-f]{32}")


@contextlib.contextmanager
def partial_folder(base: pathlib.Path):
    """A new folder beside the versions of `base`, removed at the end unless it was published.

    It is locked as long as it is written, so the next export, on whatever machine or in whatever
    container, knows the folder of a process that was killed, and removes it.
    """
    for found in base.glob(f"{_PARTIAL}*"):
        if _NAME.fullmatch(found.name):
            _remove_if_left_over(found)
    partial = base / f"{_PARTIAL}{uuid.uuid4().hex}"
    partial.mkdir()
    with _locked(partial, fcntl.LOCK_EX):
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


@contextlib.contextmanager
def _locked(folder, kind):
    """Whether the lock of a folder could be taken, which is held meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, kind)
        except OSError:  # held by another, or a file system without locks
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _remove_if_left_over(folder):
    """Removes a folder with something in it unless it is held, or locks are not to be had."""
    with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_free:
        # Its owner locks a new folder before anything is in it.
        if is_free and any(folder.iterdir()):
            shutil.rmtree(folder)
