"""A model file's first load happens in a process of its own, with limits on time and memory.

    require_loads("my.keras", {"signature": "serving_default"}, LoadLimits(seconds=60))

A damaged or hostile file can abort the process that reads it, or hang, or ask for all memory. So
another process loads and probes it first (`isolation_server`); what happens to that one is told as
one line. A content that went well once is not tried again in the same session: the key is its
SHA-256. This contains crashes; it is no sandbox, and files or network are not out of its reach.
"""

import atexit
import contextlib
import dataclasses
import hashlib
import json
import os
import stat
import subprocess
import threading

from aaa_tf.errors import InputError
from aaa_tf.processes import python_command, python_environment


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadLimits:
    """What the first load of a file may take.

    Attributes:
        seconds: wall-clock time.
        memory_gb: resident memory in GB (10^9 bytes); TensorFlow itself takes 0.4 of it.
    """

    seconds: float = 120.0
    memory_gb: float = 8.0

    def __post_init__(self):
        for name in ("seconds", "memory_gb"):
            if not getattr(self, name) > 0:
                raise InputError(f"load {name} must be above 0, not {getattr(self, name)}")


_went_well: set[str] = set()


def require_loads(path: str, options: dict, limits: LoadLimits) -> None:
    """Raises InputError unless another process can load the classifier at `path`.

    Args:
        path: file, directory or checkpoint prefix.
        options: the other arguments of `loading.load_here`, as JSON can hold them.
        limits: of time and memory.

    Raises:
        InputError: what the loading process said, or how it ended.
    """
    key = json.dumps([content_hash(path), options], sort_keys=True)
    if key in _went_well:
        return
    request = {"path": os.path.abspath(path), "name": path, "options": options}
    answer = _server.ask(request | dataclasses.asdict(limits))
    if answer["status"] != "loaded":
        raise InputError(answer["message"])
    _went_well.add(key)


def content_hash(path: str) -> str:
    """SHA-256 over a file, all files of a directory, or all files of a checkpoint prefix."""
    digest = hashlib.sha256()
    for name in _files(path):
        if not stat.S_ISREG(os.stat(name).st_mode):
            raise InputError(f"{name} is no ordinary file, so {path} cannot be loaded")
        with open(name, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{os.path.relpath(name, path)}\0{content}\0".encode(errors="replace"))
    return digest.hexdigest()


def _files(path):
    if os.path.isdir(path):
        return sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names
        )
    if os.path.exists(path):
        return [path]
    folder, prefix = os.path.split(path)
    names = sorted(os.listdir(folder or "."))
    return [os.path.join(folder, name) for name in names if name.startswith(f"{prefix}.")]


class _Server:
    """The process that imports TensorFlow once and forks for each file. Started when needed."""

    def __init__(self):
        self._process = None
        self._lock = threading.Lock()

    def ask(self, request):
        """Sends one request, waits for its answer."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except BrokenPipeError:
                line = ""
            except BaseException:
                self.stop()  # An answer may be on its way that nobody waits for any more.
                raise
        if not line:
            raise InputError(
                f"{request['name']} was not loaded: the process that tries it first cannot run "
                "here; isolate=False loads it without"
            )
        return json.loads(line)

    def _start(self):
        self.stop()
        environment = python_environment(
            CUDA_VISIBLE_DEVICES="-1",  # The trial needs no GPU, and this process may hold it.
            TF_CPP_MIN_LOG_LEVEL="3",
            OPENBLAS_NUM_THREADS="1",  # Threads of the server would be missing in its forks.
        )
        self._process = subprocess.Popen(
            python_command("-m", "aaa_tf.models.isolation_server"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def stop(self):
        """Ends the process; it would end by itself when this one does."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):  # what a dead process did not read
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None


_server = _Server()
atexit.register(_server.stop)
