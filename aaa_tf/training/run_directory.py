"""What a run leaves behind, and the refusal to mix two runs in one folder.

run_dir/config.json       configuration, package versions, git commit, hashes of the inputs
run_dir/metrics.csv       one line an epoch
run_dir/tensorboard/      the same for TensorBoard
run_dir/checkpoints/      see checkpoints.py
run_dir/.lock             held by the training that is at work here
run_dir/<model>.keras     the trained model in float32, written when training has ended
"""

import contextlib
import fcntl
import json
import pathlib

from aaa_tf import config as config_module
from aaa_tf import files
from aaa_tf.errors import InputError
from aaa_tf.provenance import describe_environment

_LOCK = ".lock"


def open_run(run_dir, config, inputs: dict | None = None, arithmetic: str = "") -> pathlib.Path:
    """Creates a run directory, or opens one of the same configuration and inputs.

    Args:
        run_dir: its path.
        config: AAAConfig or ClassifierConfig.
        inputs: what else the training depends on -> its hash, because a file may change behind the
            name that the configuration has; None leaves the check out.
        arithmetic: what a new run computes in; see `read_arithmetic`.

    Returns:
        The path.

    Raises:
        InputError: if the directory holds a run of another configuration or other inputs, naming
            the difference, or something that is no run.
    """
    run_dir = pathlib.Path(run_dir)
    require_same_run(run_dir, config)
    file = run_dir / "config.json"
    if not file.exists():
        environment = describe_environment()
        content = {"config": config_module.to_dict(config), "environment": environment}
        files.write_json(file, content | {"inputs": inputs or {}, "arithmetic": arithmetic})
    # A run of before the inputs were kept has none.
    found = _read(run_dir, "inputs", {})
    changed = [name for name, value in (inputs or {}).items() if found.get(name, value) != value]
    if changed:
        raise InputError(
            f"{run_dir} was begun with other {' and '.join(changed)}, under the same names, or by "
            "an older version of this program; choose another folder or delete it"
        )
    return run_dir


@contextlib.contextmanager
def hold_run(run_dir, report=print):
    """Keeps an open run directory for this process while it trains.

    The lock ends with the process, however that ends.

    Args:
        run_dir: its path.
        report: called with a line where the file system has no locks; then nothing is kept.

    Raises:
        InputError: if another training holds it.
    """
    with (pathlib.Path(run_dir) / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"another training is at work in {run_dir}; wait until it has ended, or choose "
                "another folder"
            ) from error
        except OSError as error:
            report(f"{run_dir} cannot be locked ({error.strerror}): start no second training in it")
        yield


def read_config(run_dir) -> dict:
    """The configuration that a run directory was made with, as JSON values."""
    return _read(run_dir, "config")


def read_arithmetic(run_dir) -> str:
    """What a run was begun in, "float32" or "bfloat16"; "" if it was not kept.

    A run stays with it, whatever the machine computes best in on which it goes on.
    """
    return _read(run_dir, "arithmetic", "")


def read_commit(run_dir) -> str:
    """The git commit that a run was begun at; "" if that was outside git."""
    return _read(run_dir, "environment")["git_commit"]


def _read(run_dir, key, default=None):
    file = pathlib.Path(run_dir) / "config.json"
    if not file.exists():
        raise InputError(f"{run_dir} holds no config.json, so it is no run of this program")
    try:
        content = json.loads(file.read_text())
        return content[key] if default is None else content.get(key, default)
    except (ValueError, KeyError) as error:
        raise InputError(f"{file} is damaged; delete {run_dir} to start again") from error


def require_same_run(run_dir, config) -> None:
    """Raises what `open_run` would raise, and writes nothing."""
    run_dir = pathlib.Path(run_dir)
    if not run_dir.exists() or not any(run_dir.iterdir()):
        return
    if not (run_dir / "config.json").exists():
        raise InputError(f"{run_dir} is not empty and holds no run; choose another folder")
    wanted = config_module.to_dict(config)
    # A run of before a knob was there did what the knob's default does.
    found = config_module.default_values(type(config)) | read_config(run_dir)
    unknown = sorted(found.keys() - wanted.keys())
    if unknown:
        raise InputError(
            f"{run_dir} was made by another version of this program, which had {', '.join(unknown)}"
            "; its models can be used as files, but not trained on: choose another folder"
        )
    differences = [
        f"{key} is {found[key]!r} there, {wanted[key]!r} now"
        for key in sorted(wanted)
        if found[key] != wanted[key]
    ]
    if differences:
        raise InputError(
            f"{run_dir} holds another run: {'; '.join(differences)}; "
            "choose another folder or delete it"
        )
