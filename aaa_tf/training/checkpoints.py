"""Checkpoints that are complete or invisible, the two newest kept, a damaged one passed over.

    store = CheckpointStore(run_dir / "checkpoints", model=model, optimizer=optimizer)
    progress = store.restore()          # None when there is nothing yet
    store.save(progress)

A checkpoint is a folder named after its update. It is written under another name, with the SHA-256
of every file beside it, flushed to disk, and renamed. What makes a resume exact: weights,
optimizer variables (moments, update count, learning rate, averaged weights), and `progress`, a
dict of JSON values with the position in the epoch and the state of the schedule.

Of several workers the chief alone writes into the folder, which all of them read. Saving takes all
of them nevertheless, because a variable that each device keeps for itself (a moving average) is
read from all: the others write theirs where it is thrown away.
"""

import hashlib
import json
import os
import pathlib
import shutil
import tempfile

import tensorflow as tf

from aaa_tf.errors import InputError, first_line

_KEPT = 2
_SUMS = "sha256.json"
_PROGRESS = "progress.json"
_PARTIAL = ".partial"


class CheckpointStore:
    """The checkpoints of one run in one folder."""

    def __init__(self, folder, *, is_chief: bool = True, **trackables):
        """`trackables`: named Keras models and optimizers, built, to be saved and restored."""
        self.folder = pathlib.Path(folder)
        self._is_chief = is_chief
        self._checkpoint = tf.train.Checkpoint(**trackables)

    def save(self, progress: dict) -> None:
        """Writes a checkpoint for `progress["step"]`, then removes all but the two newest."""
        if not self._is_chief:
            with tempfile.TemporaryDirectory() as folder:
                self._write_variables(pathlib.Path(folder))
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{progress['step']:010d}"
        partial = self.folder / f"{name}{_PARTIAL}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        self._write_variables(partial)
        (partial / _PROGRESS).write_text(json.dumps(progress))
        (partial / _SUMS).write_text(json.dumps(_hash_files(partial)))
        for file in (*partial.iterdir(), partial):
            _flush(file)
        shutil.rmtree(self.folder / name, ignore_errors=True)
        partial.rename(self.folder / name)
        _flush(self.folder)
        for old in self._complete()[:-_KEPT]:
            shutil.rmtree(old)

    def _write_variables(self, folder):
        try:
            self._checkpoint.write(str(folder / "variables"))
        except tf.errors.OpError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise InputError(
                f"no checkpoint can be written to {self.folder}: {first_line(error.message)}"
            ) from error

    def restore(self, report=print) -> dict | None:
        """Restores the newest sound checkpoint.

        Args:
            report: called with a line for each damaged checkpoint that is passed over.

        Returns:
            Its progress, or None if there is no checkpoint at all.

        Raises:
            InputError: if there are checkpoints and every one is damaged.
        """
        for partial in self.folder.glob(f"*{_PARTIAL}") if self._is_chief else ():
            shutil.rmtree(partial)
        folder = self._find_sound(report)
        if folder is None:
            return None
        self._checkpoint.read(str(folder / "variables")).assert_existing_objects_matched()
        return json.loads((folder / _PROGRESS).read_text())

    def read_progress(self, report=print) -> dict | None:
        """What `restore` would return, without restoring anything."""
        folder = self._find_sound(report)
        return None if folder is None else json.loads((folder / _PROGRESS).read_text())

    def _find_sound(self, report):
        checkpoints = self._complete()
        for folder in reversed(checkpoints):
            damage = _find_damage(folder)
            if not damage:
                return folder
            report(f"checkpoint {folder} is damaged ({damage}); trying the one before")
        if checkpoints:
            raise InputError(
                f"every checkpoint in {self.folder} is damaged; delete the run to start again"
            )
        return None

    def _complete(self):
        folders = self.folder.glob("*") if self.folder.exists() else ()
        return sorted(folder for folder in folders if folder.name.isdigit())


def _hash_files(folder):
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.name != _SUMS
    }


def _find_damage(folder):
    """Which file is not as it was written; empty if all are."""
    try:
        expected = json.loads((folder / _SUMS).read_text())
    except (OSError, ValueError):
        return f"{_SUMS} is missing or cut off"
    found = _hash_files(folder)
    return ", ".join(sorted(name for name in expected if found.get(name) != expected[name]))


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
