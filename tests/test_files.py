import json

import pytest

from aaa_tf import files


def test_writes_json_and_makes_folders(tmp_path):
    path = files.write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert json.loads(path.read_text()) == {"x": 1}


def test_a_write_does_not_touch_that_of_another_process(tmp_path):
    for name in (".partial.b.json", ".partial.1.b.json"):
        (tmp_path / name).write_text("of another process")
    files.write_json(tmp_path / "b.json", {"x": 1})
    for name in (".partial.b.json", ".partial.1.b.json"):
        assert (tmp_path / name).read_text() == "of another process"


def test_a_write_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        files.write_text(tmp_path / "folder", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_failed_write_keeps_the_old_file(tmp_path):
    path = files.write_json(tmp_path / "b.json", {"x": 1})
    with pytest.raises(TypeError):
        files.write_json(path, {"x": object()})
    assert json.loads(path.read_text()) == {"x": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["b.json"]


def test_folders_that_stay_empty_are_given_back(tmp_path):
    (tmp_path / "old").mkdir()
    for name in ("a/b", "old", "c/d"):
        with files.folders_given_back(tmp_path / name):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
            if name == "c/d":
                (tmp_path / "c" / "file").write_text("")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c", "file", "old"]


def test_whether_a_folder_can_be_written_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "file").write_text("")
    for name in ("old", "new", "new/deeper"):
        files.require_writable(tmp_path / name)
    for name in ("file", "file/below"):
        with pytest.raises(OSError, match="file"):
            files.require_writable(tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "old"]
