"""Writing a file so that a reader sees the old content or the new one, never half; its folders."""

import contextlib
import json
import os
import pathlib
import tempfile


def write_bytes(path, content: bytes) -> pathlib.Path:
    """Writes `content` beside `path`, flushes it to disk and renames it; makes missing folders."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of this process alone: another one may write the same file.
    partial = path.with_name(f".partial.{os.getpid()}.{path.name}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def write_text(path, text: str) -> pathlib.Path:
    """Writes `text` in UTF-8, the same way."""
    return write_bytes(path, text.encode())


def write_json(path, content: dict) -> pathlib.Path:
    """Writes `content` as indented JSON, the same way."""
    return write_text(path, json.dumps(content, indent=2) + "\n")


@contextlib.contextmanager
def folders_given_back(folder):
    """Removes at the end what of `folder` and those above it was not there before and is empty."""
    folder = pathlib.Path(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in missing:
            with contextlib.suppress(OSError):  # something is in it, or it was not made
                path.rmdir()


def require_writable(folder) -> None:
    """Raises OSError where no file can be written into `folder`; leaves nothing behind.

    Before work of hours whose result goes there. The folder itself may be missing.
    """
    with folders_given_back(folder):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
