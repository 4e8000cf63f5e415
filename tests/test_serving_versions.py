"""How versions appear: whole, numbered, and never over another."""

import os
import subprocess
import sys

import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving import versions


def test_the_folder_of_a_killed_process_is_removed_by_the_next_export(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / f".partial-{dead.pid}"
    stale.mkdir(parents=True)
    (stale / "saved_model.pb").write_bytes(b"half")
    alive = tmp_path / f".partial-{os.getppid()}"
    alive.mkdir()
    with versions.partial_folder(tmp_path) as partial:
        versions.publish(partial, tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([alive.name, "1"])
    assert versions.list_versions(tmp_path) == [1]


def test_a_killed_process_may_have_had_the_same_id(tmp_path):
    """As in a container, where every run is process 1; a folder of another kind is left alone."""
    (tmp_path / f".partial-{os.getpid()}" / "half").mkdir(parents=True)
    (tmp_path / ".partial-mine").mkdir()
    (tmp_path / "²").mkdir()
    with versions.partial_folder(tmp_path) as partial:
        assert os.listdir(partial) == []
        versions.publish(partial, tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".partial-mine", "1", "²"]


def test_a_version_is_never_overwritten(tmp_path, monkeypatch):
    """Another process may have published between the count and the rename."""
    with versions.partial_folder(tmp_path) as partial:
        (tmp_path / "1").mkdir()
        monkeypatch.setattr(versions, "list_versions", lambda base: [])
        with pytest.raises(InputError, match="1 exists already"):
            versions.publish(partial, tmp_path)
    assert os.listdir(tmp_path) == ["1"]
