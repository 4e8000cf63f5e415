"""Where a figure comes from: versions, git commit, machine, time, command."""

import datetime
import functools
import importlib.metadata
import os
import pathlib
import platform
import shlex
import subprocess
import sys

import aaa_tf

_PACKAGES = ("tensorflow", "keras", "cleverhans", "numpy", "tensorflow-datasets")


def describe_environment() -> dict:
    """Versions, git commit, machine and time, for whoever reads a figure later."""
    return {
        "aaa_tf": aaa_tf.__version__,
        "git_commit": git_commit(),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in _PACKAGES},
        "machine": _describe_machine(),
        "recorded": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _describe_machine():
    told = (platform.machine(), _processor(), f"{os.cpu_count()} cores")
    return ", ".join(part for part in told if part)


def _processor():
    """What the processor calls itself, such as "AMD EPYC"; "" where the system does not tell."""
    path = pathlib.Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def describe_command() -> str:
    """The command of this process as a shell takes it, such as "bin/evaluate --dataset=mnist"."""
    return shlex.join([f"bin/{pathlib.Path(sys.argv[0]).stem}", *sys.argv[1:]])


@functools.cache
def git_commit() -> str:
    """Commit of the source tree, "+" appended where files differ from it; "" outside git."""
    own = pathlib.Path(__file__).name
    # Installed into a folder of somebody's repository, the package is no part of it.
    if not _run_git("ls-files", own):
        return ""
    return _run_git("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+")


def _run_git(*arguments):
    """What git prints in the folder of the package; "" where there is no git, or no repository."""
    folder = pathlib.Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return run.stdout.strip()
