"""What a run leaves behind, and the refusal to mix two runs in one folder.

run_dir/config.json       resolved configuration, package versions, git commit
run_dir/metrics.csv       one line an epoch
run_dir/tensorboard/      the same for TensorBoard
run_dir/checkpoints/      see checkpoints.py
run_dir/<model>.keras     the trained model in float32, written when training has ended
"""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys

import aaa_tf
from aaa_tf import config as config_module
from aaa_tf import files
from aaa_tf.errors import InputError

_PACKAGES = ("tensorflow", "keras", "cleverhans", "numpy", "tensorflow-datasets")


def open_run(run_dir, config) -> pathlib.Path:
    """Creates a run directory, or opens one of the same configuration.

    Args:
        run_dir: its path.
        config: AAAConfig or ClassifierConfig.

    Returns:
        The path.

    Raises:
        InputError: if the directory holds a run of another configuration, naming the difference,
            or something that is no run.
    """
    run_dir = pathlib.Path(run_dir)
    require_same_run(run_dir, config)
    file = run_dir / "config.json"
    if not file.exists():
        content = {"config": config_module.to_dict(config), "environment": describe_environment()}
        files.write_json(file, content)
    return run_dir


def read_config(run_dir) -> dict:
    """The configuration that a run directory was made with, as JSON values."""
    file = pathlib.Path(run_dir) / "config.json"
    if not file.exists():
        raise InputError(f"{run_dir} holds no config.json, so it is no run of this program")
    try:
        return json.loads(file.read_text())["config"]
    except (ValueError, KeyError) as error:
        raise InputError(f"{file} is damaged; delete {run_dir} to start again") from error


def require_same_run(run_dir, config) -> None:
    """Raises what `open_run` would raise, and writes nothing."""
    run_dir = pathlib.Path(run_dir)
    if not run_dir.exists() or not any(run_dir.iterdir()):
        return
    if not (run_dir / "config.json").exists():
        raise InputError(f"{run_dir} is not empty and holds no run; choose another --run_dir")
    found, wanted = read_config(run_dir), config_module.to_dict(config)
    unknown = sorted(found.keys() ^ wanted.keys())
    if unknown:
        raise InputError(
            f"{run_dir} was made by another version of this program ({', '.join(unknown)} differ); "
            "its models can be used as files, but not trained on: choose another --run_dir"
        )
    differences = [
        f"{key} is {found[key]!r} there, {wanted[key]!r} now"
        for key in sorted(wanted)
        if found[key] != wanted[key]
    ]
    if differences:
        raise InputError(
            f"{run_dir} holds another run: {'; '.join(differences)}; "
            "choose another --run_dir or delete it"
        )


def describe_environment() -> dict:
    """Versions, git commit, machine and time, for whoever reads a figure later."""
    return {
        "aaa_tf": aaa_tf.__version__,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in _PACKAGES},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "recorded": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def describe_command() -> str:
    """The command of this process as a shell takes it, such as "bin/evaluate --dataset=mnist"."""
    return shlex.join([f"bin/{pathlib.Path(sys.argv[0]).stem}", *sys.argv[1:]])


def _git_commit():
    """Commit of the source tree, "+" appended where files differ from it; "" outside git."""
    folder = pathlib.Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return run.stdout.strip()
