"""Errors that a user can mend, told in one line."""

import re


class InputError(ValueError):
    """Input from outside (a flag, a file, a model) that cannot be used.

    The message is one line: what was wrong, and what to do about it. Commands print it and
    exit with code 2; nothing has been written when it is raised.
    """


class NonFiniteError(ArithmeticError):
    """NaN or infinity in images, gradients or weights; training must not go on."""


class WorkerLostError(RuntimeError):
    """Another worker of a distributed run has died or cannot be reached; this one must stop."""


class ExportError(RuntimeError):
    """An export that does not compute what it shall; nothing has been published."""


class Interrupted(Exception):
    """Training was told to stop (SIGTERM, SIGINT) and has saved a checkpoint."""


def require_known(kind: str, name: str, known) -> None:
    """Raises InputError listing `known` unless it holds `name`; `kind` says what it names."""
    if name not in known:
        raise InputError(f"unknown {kind} '{name}'; known: {', '.join(sorted(known))}")


def first_line(error) -> str:
    """The first telling line of what a library said, cut to what a message of one line bears.

    TensorFlow and Keras begin with where it happened: a heading and a trace, in colours.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if lines[0].startswith("Exception encountered when calling") and len(lines) > 1:
        return lines[1][:200]
    if lines[0] == "in user code:":
        return lines[-1][:200]
    if lines[0] == "Graph execution error:":
        nodes = [place for place, line in enumerate(lines) if line.startswith("[[")]
        return lines[nodes[0] - 1 if nodes else -1][:200]
    return lines[0][:200]
