"""Which evaluation a report's folder holds: written down first, so that no other is mixed into it.

    with claim_folder("runs/evaluations/mine", protocol):
        ...                                # evaluate

An evaluation that is refused gives the folder back.
"""

import contextlib
import json
import pathlib

from aaa_tf import files
from aaa_tf.errors import InputError

_PROTOCOL = "protocol.json"


@contextlib.contextmanager
def claim_folder(report_dir, protocol: dict, *, replace: bool = False):
    """Keeps a folder for one evaluation; an InputError inside takes the claim back.

    What is refused shall not lock out the same command with its mistake mended. A kill keeps the
    folder claimed: there the evaluation goes on.

    Args:
        report_dir: its path; missing folders are made.
        protocol: what is evaluated and how, as JSON types.
        replace: whether the claim of another evaluation is replaced instead of refused.

    Raises:
        InputError: if the folder holds another evaluation, or its claim is damaged.
    """
    path = pathlib.Path(report_dir) / _PROTOCOL
    before = path.read_bytes() if path.exists() else None
    if before is not None and not replace:
        _require_same(path, before, protocol)
    with files.folders_given_back(path.parent):
        files.write_json(path, protocol)
        try:
            yield
        except InputError:
            if before is None:
                path.unlink()
            else:
                files.write_bytes(path, before)
            raise


def _require_same(path, before, ours):
    try:
        theirs = json.loads(before)
    except ValueError as error:
        raise InputError(f"{path} is damaged; delete {path.parent}") from error
    for key in dict.fromkeys([*ours, *theirs]):
        if ours.get(key) != theirs.get(key):
            raise InputError(
                f"{path.parent} holds an evaluation with {key} = {theirs.get(key)}, this one has "
                f"{ours.get(key)}; give another --report_dir"
            )
