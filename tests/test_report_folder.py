"""Whose a report's folder is, before, during and after an evaluation."""

import json

import pytest

from aaa_tf.errors import InputError
from aaa_tf.experiments.report_folder import claim_folder

OURS, THEIRS = {"eps": 0.1, "models": {"A": "f"}}, {"eps": 0.2, "models": {"A": "f"}}


def read(folder):
    return json.loads((folder / "protocol.json").read_text())


def test_a_claim_stays_and_is_of_one_evaluation(tmp_path):
    for _ in range(2):
        with claim_folder(tmp_path / "a" / "b", OURS):
            assert read(tmp_path / "a" / "b") == OURS
    with (
        pytest.raises(InputError, match=r"with eps = 0.1, this one has 0.2; give another"),
        claim_folder(tmp_path / "a" / "b", THEIRS),
    ):
        pass
    assert read(tmp_path / "a" / "b") == OURS
    with claim_folder(tmp_path / "a" / "b", THEIRS, replace=True):
        assert read(tmp_path / "a" / "b") == THEIRS


def test_what_is_refused_inside_leaves_no_claim_and_no_folder(tmp_path):
    with pytest.raises(InputError, match="mistake"), claim_folder(tmp_path / "a" / "b", OURS):
        raise InputError("a mistake")
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_inside_gives_back_the_claim_before(tmp_path):
    with claim_folder(tmp_path, THEIRS):
        (tmp_path / "result").write_text("")
    with pytest.raises(InputError), claim_folder(tmp_path, OURS, replace=True):
        raise InputError("a mistake")
    assert read(tmp_path) == THEIRS
    assert (tmp_path / "result").exists()


def test_a_kill_keeps_the_claim(tmp_path):
    with pytest.raises(KeyboardInterrupt), claim_folder(tmp_path, OURS):
        raise KeyboardInterrupt
    assert read(tmp_path) == OURS


def test_a_damaged_claim_is_told(tmp_path):
    (tmp_path / "protocol.json").write_text("{")
    with pytest.raises(InputError, match="is damaged; delete"), claim_folder(tmp_path, OURS):
        pass
