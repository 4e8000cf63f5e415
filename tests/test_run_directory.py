import dataclasses
import json
import re

import pytest

from aaa_tf.errors import InputError
from aaa_tf.training.run_directory import (
    describe_command,
    describe_environment,
    open_run,
    read_config,
)


def test_config_and_versions_are_written_once(tmp_path, tiny_config):
    run_dir = open_run(tmp_path / "run", tiny_config)
    content = json.loads((run_dir / "config.json").read_text())
    assert content["config"]["lambda"] == tiny_config.lambda_
    assert content["environment"]["keras"].startswith("3.")
    assert open_run(run_dir, tiny_config) == run_dir
    assert json.loads((run_dir / "config.json").read_text()) == content


def test_another_configuration_is_refused_and_the_difference_named(tmp_path, tiny_config):
    open_run(tmp_path, tiny_config)
    with pytest.raises(InputError, match=re.escape("eps is 0.2 there, 0.25 now")):
        open_run(tmp_path, dataclasses.replace(tiny_config, eps=0.25))


def test_a_run_of_another_version_is_refused(tmp_path, tiny_config):
    path = open_run(tmp_path, tiny_config) / "config.json"
    content = json.loads(path.read_text())
    del content["config"]["eps"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"another version of this program \(eps differ\)"):
        open_run(tmp_path, tiny_config)


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


def test_environment_names_versions_machine_and_time():
    environment = describe_environment()
    assert environment["tensorflow"].startswith("2.")
    assert "cores" in environment["machine"]
    assert environment["recorded"].endswith("+00:00")


def test_the_command_can_be_given_to_a_shell_again(monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["/x/aaa_tf/cli/evaluate.py", "--eps=8/255", "--dataset=my data"]
    )
    assert describe_command() == "bin/evaluate --eps=8/255 '--dataset=my data'"
