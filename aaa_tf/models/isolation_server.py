"""Loads classifiers in forks of itself and tells how that went. Started by `isolation` alone.

    python -m aaa_tf.models.isolation_server    # a JSON request a line in, a JSON answer a line out

TensorFlow is imported once, before any fork, and used in the forks only. Memory is watched as
resident size, because TensorFlow reserves gigabytes of addresses that it never touches, so that
RLIMIT_AS would refuse every file; RLIMIT_DATA stops a single huge allocation at once. Linux only:
resident size is read from /proc.
"""

import json
import os
import resource
import select
import signal
import sys
import time

import tensorflow as tf

from aaa_tf.errors import InputError, first_line
from aaa_tf.models import loading

_POLL_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


def serve() -> None:
    """Answers requests until standard input ends."""
    # Ctrl-C reaches this process too; it must live to end its fork when whoever asked is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Whatever a file's own code prints must not look like an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for line in sys.stdin:
        print(json.dumps(_try_in_fork(json.loads(line))), file=answers, flush=True)
    os._exit(0)  # Nothing is left to clean up, and whoever asked waits for this end.


def _try_in_fork(request):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _load_and_exit(request, writer)
    os.close(writer)
    ending, content = _watch(request, child, reader)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if ending is None and content:
        return json.loads(content)
    return {"status": "failed", "message": _failure(request, ending, status)}


def _load_and_exit(request, writer):
    """In the fork: loads, writes the answer, ends without any clean-up of the server's."""
    answer = {"status": "loaded"}
    try:
        os.setsid()
        _limit(request)
        loading.load_here(request["path"], **request["options"])
    except BaseException as error:
        answer = {"status": "refused", "message": _describe(request, error)}
    finally:
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)


def _describe(request, error):
    """One line for what the load raised, with the path as the user wrote it."""
    cause = error
    while cause is not None:
        if isinstance(cause, MemoryError | tf.errors.ResourceExhaustedError):
            return _too_large(request)
        cause = cause.__cause__ or cause.__context__
    told = str(error)
    if not isinstance(error, InputError):
        told = f"{request['path']} cannot be loaded: {type(error).__name__}: {first_line(told)}"
    return told.replace(request["path"], request["name"])


def _limit(request):
    memory = int(request["memory_gb"] * 1e9)
    data = int(_read_status("VmData")) * 1024 + memory
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_status(key):
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(f"{key}:"))


def _watch(request, child, reader):
    """Waits for the fork's answer; ("time" or "memory", "") where it had to be killed."""
    deadline = time.monotonic() + request["seconds"]
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(sys.stdin.fileno(), 0)  # Only its end is reported: whoever asked is gone.
    content = b""
    while True:
        for descriptor, event in poll.poll(1000 * _POLL_SECONDS):
            if descriptor != reader:
                _kill(child)
                os._exit(0)
            chunk = os.read(reader, 65536) if event & select.POLLIN else b""
            if not chunk:
                return None, content.decode()
            content += chunk
        exceeded = "time" if time.monotonic() > deadline else None
        if _resident_bytes(child) > 1e9 * request["memory_gb"]:
            exceeded = "memory"
        if exceeded:
            _kill(child)
            return exceeded, ""


def _resident_bytes(pid):
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):  # It has just ended.
        return 0


def _kill(child):
    """The fork and whatever it started; its group is its own once it ran setsid."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _failure(request, ending, status):
    name = request["name"]
    if ending == "time":
        return (
            f"{name} was not loaded within {request['seconds']:g} seconds in a process of its own; "
            "it is damaged or hostile, or --load_seconds must be higher"
        )
    if ending == "memory":
        return _too_large(request)
    how = f"code {os.waitstatus_to_exitcode(status)}"
    if os.WIFSIGNALED(status):
        how = f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return (
        f"{name} ended the process that tried to load it first ({how}); it is damaged or hostile, "
        f"or needs more than {request['memory_gb']:g} GB of memory (--load_memory_gb)"
    )


def _too_large(request):
    return (
        f"{request['name']} needs more than {request['memory_gb']:g} GB of memory to load; it is "
        "damaged or hostile, or --load_memory_gb must be higher"
    )


if __name__ == "__main__":
    serve()
