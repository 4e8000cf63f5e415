import dataclasses
import errno
import fcntl
import json
import re

import pytest

from aaa_tf.errors import InputError
from aaa_tf.training.run_directory import (
    hold_run,
    open_run,
    read_arithmetic,
    read_commit,
    read_config,
)


def test_config_and_versions_are_written_once(tmp_path, tiny_config):
    run_dir = open_run(tmp_path / "run", tiny_config)
    content = json.loads((run_dir / "config.json").read_text())
    assert content["config"]["lambda"] == tiny_config.lambda_
    assert content["environment"]["keras"].startswith("3.")
    assert read_commit(run_dir) == content["environment"]["git_commit"]
    assert open_run(run_dir, tiny_config) == run_dir
    assert json.loads((run_dir / "config.json").read_text()) == content


def test_another_configuration_is_refused_and_the_difference_named(tmp_path, tiny_config):
    open_run(tmp_path, tiny_config)
    with pytest.raises(InputError, match=re.escape("eps is 0.2 there, 0.25 now")):
        open_run(tmp_path, dataclasses.replace(tiny_config, eps=0.25))


def change_config(run_dir, change):
    path = run_dir / "config.json"
    content = json.loads(path.read_text())
    change(content["config"])
    path.write_text(json.dumps(content))


def test_a_run_of_a_version_with_other_knobs_is_refused(tmp_path, tiny_config):
    run_dir = open_run(tmp_path, tiny_config)
    change_config(run_dir, lambda values: values.update(epsilon=0.2))
    with pytest.raises(InputError, match="another version of this program, which had epsilon;"):
        open_run(run_dir, tiny_config)


def test_a_run_of_before_a_knob_was_there_had_its_default(tmp_path, tiny_config):
    run_dir = open_run(tmp_path, tiny_config)
    change_config(run_dir, lambda values: values.pop("free_replays"))
    open_run(run_dir, tiny_config)
    with pytest.raises(InputError, match="free_replays is 1 there, 4 now"):
        open_run(run_dir, dataclasses.replace(tiny_config, free_replays=4))


def test_a_folder_of_something_else_is_refused(tmp_path, tiny_config):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(InputError, match="is not empty and holds no run"):
        open_run(tmp_path, tiny_config)
    with pytest.raises(InputError, match=r"holds no config\.json"):
        read_config(tmp_path)


def test_a_damaged_config_is_told(tmp_path, tiny_config):
    (open_run(tmp_path, tiny_config) / "config.json").write_text('{"conf')
    with pytest.raises(InputError, match="is damaged"):
        open_run(tmp_path, tiny_config)


def test_files_that_changed_behind_their_names_are_told(tmp_path, tiny_config):
    inputs = {"natives": ["a", "b"], "training images": "c"}
    run_dir = open_run(tmp_path / "run", tiny_config, inputs)
    open_run(run_dir, tiny_config, inputs)
    with pytest.raises(InputError, match="was begun with other natives, under the same names"):
        open_run(run_dir, tiny_config, inputs | {"natives": ["a", "d"]})
    with pytest.raises(InputError, match="other natives and training images"):
        open_run(run_dir, tiny_config, {"natives": [], "training images": "d"})


def test_a_run_of_before_inputs_were_kept_goes_on(tmp_path, tiny_config):
    path = open_run(tmp_path, tiny_config) / "config.json"
    content = json.loads(path.read_text())
    del content["inputs"]
    path.write_text(json.dumps(content))
    open_run(tmp_path, tiny_config, {"training images": "d"})


def test_two_trainings_do_not_share_a_folder(tmp_path, tiny_config):
    run_dir = open_run(tmp_path, tiny_config)
    with hold_run(run_dir):
        with pytest.raises(InputError, match="another training is at work in .*; wait until it"):
            with hold_run(run_dir):
                pass
    # Free again, and still a run that goes on.
    with hold_run(open_run(run_dir, tiny_config)):
        pass


def test_a_file_system_without_locks_is_told_and_used(tmp_path, tiny_config, monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    lines = []
    with hold_run(open_run(tmp_path, tiny_config), report=lines.append):
        assert lines == [
            f"{tmp_path} cannot be locked (No locks available): start no second training in it"
        ]


def test_a_run_stays_with_the_arithmetic_that_it_was_begun_in(tmp_path, tiny_config):
    open_run(tmp_path, tiny_config, {}, "bfloat16")
    open_run(tmp_path, tiny_config, {}, "float32")
    assert read_arithmetic(tmp_path) == "bfloat16"
    path = tmp_path / "config.json"
    content = json.loads(path.read_text())
    del content["arithmetic"]
    path.write_text(json.dumps(content))
    assert read_arithmetic(tmp_path) == ""
