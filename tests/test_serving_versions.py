"""How versions appear: whole, numbered, and never over another."""

import os
import subprocess
import sys

import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving import versions

_KILLED = """
import os, pathlib, signal, sys
from aaa_tf.serving import versions
with versions.partial_folder(pathlib.Path(sys.argv[1])) as partial:
    (partial / "saved_model.pb").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_folder_of_a_killed_process_is_removed_by_the_next_export(tmp_path):
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path], check=False, env=os.environ)
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".partial-")
    (tmp_path / ".partial-mine").mkdir()
    with versions.partial_folder(tmp_path) as partial:
        assert os.listdir(partial) == []
        versions.publish(partial, tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".partial-mine", "1"]
    assert versions.list_versions(tmp_path) == [1]


def test_two_exports_into_one_folder_leave_each_other_alone(tmp_path):
    with versions.partial_folder(tmp_path) as first:
        (first / "saved_model.pb").write_bytes(b"first")
        with versions.partial_folder(tmp_path) as second:
            (second / "saved_model.pb").write_bytes(b"second")
            versions.publish(first, tmp_path)
            versions.publish(second, tmp_path)
    assert (tmp_path / "1/saved_model.pb").read_bytes() == b"first"
    assert (tmp_path / "2/saved_model.pb").read_bytes() == b"second"
    assert sorted(os.listdir(tmp_path)) == ["1", "2"]


def test_a_version_is_never_overwritten(tmp_path, monkeypatch):
    """Another process may have published between the count and the rename."""
    with versions.partial_folder(tmp_path) as partial:
        (tmp_path / "1").mkdir()
        monkeypatch.setattr(versions, "list_versions", lambda base: [])
        with pytest.raises(InputError, match="1 exists already"):
            versions.publish(partial, tmp_path)
    assert os.listdir(tmp_path) == ["1"]
