import json

import pytest

from aaa_tf import files


def test_writes_json_and_makes_folders(tmp_path):
    path = files.write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert json.loads(path.read_text()) == {"x": 1}


def test_failed_write_keeps_the_old_file(tmp_path):
    path = files.write_json(tmp_path / "b.json", {"x": 1})
    with pytest.raises(TypeError):
        files.write_json(path, {"x": object()})
    assert json.loads(path.read_text()) == {"x": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["b.json"]
