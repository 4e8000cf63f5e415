"""Results that an earlier call left: of the same experiment, and nothing of them is to be lost.

earlier = read_earlier(folder, results)
lost = find_lost(earlier, results)
"""

import json

from aaa_tf.errors import InputError

_PICTURE = "picture"


def read_earlier(folder, results) -> set:
    """What an earlier call measured, by its files in a folder of results.

    Args:
        folder: Path of the folder.
        results: what is to be written there, as `reproduce` returns it.

    Returns:
        The set of `measured`; empty where there are no results.

    Raises:
        InputError: if it is of another experiment, budget or data set, or damaged.
    """
    path = folder / "results.json"
    if not path.exists():
        return set()
    try:
        found = json.loads(path.read_text())
        there, here = _subject(found), _subject(results)
        earlier = measured(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged; delete it, or choose another folder") from error
    if there != here:
        raise InputError(f"{folder} holds results of {there}, not of {here}; choose another folder")
    return earlier


def measured(results) -> set:
    """(part, classifier, defence, column, place among the seeds) of every figure, and pictures."""
    found = set()
    for part in results["parts"]:
        for figure in part["figures"]:
            seeds = range(len(figure.get("by_seed", ())))
            found |= {(*_row(part, figure), figure["column"], seed) for seed in seeds}
        pictures = part["reconstructions"]
        found |= {(part["name"], _PICTURE, picture["loss"], "", 0) for picture in pictures}
    return found


def find_lost(earlier: set, results) -> set:
    """What an earlier call measured and these results lack, of rows that their tables have."""
    rows = {_row(part, figure) for part in results["parts"] for figure in part["figures"]}
    lost = earlier - measured(results)
    return {key for key in lost if key[:3] in rows or key[1] == _PICTURE}


def find_left_out(earlier: set, rows, seeds: int) -> set:
    """What an earlier call measured and this one will not, known before anything has run.

    Args:
        earlier: `measured` of the earlier call.
        rows: names of the rows that the call measures; empty for all.
        seeds: trainings of the headline's defence.
    """
    return {
        key
        for key in earlier
        if key[1] != _PICTURE and ((rows and f"{key[1]} {key[2]}" not in rows) or key[4] >= seeds)
    }


def require_none(folder, lost: set, is_reused: bool) -> None:
    """Raises InputError if a call leaves out something of the results in `folder`.

    Args:
        folder: of the results.
        lost: what they have, and the call neither measures nor takes over.
        is_reused: whether it looked there for rows to take over.
    """
    if lost:
        _, classifier, defence, column, seed = min(lost)
        advice = (
            " nor takes over, as it would be measured otherwise now; name its row in --rows too"
            if is_reused
            else f"; add --reuse={folder} to keep it"
        )
        raise InputError(
            f"{folder} has {column} of {classifier}, {defence}, seed {seed}, which this call does "
            f"not measure{advice}, give another --output, or delete it"
        )


def require_kept(folder, earlier: set, results) -> None:
    """Raises InputError if results are not written because an earlier call's have more."""
    lost = find_lost(earlier, results)
    if lost:
        _, classifier, defence, column, _ = min(lost)
        raise InputError(
            f"{folder} has {len(lost)} figures that this call has not, such as {classifier}, "
            f"{defence}, {column}; it is left as it was: add --reuse={folder}, give another "
            "--output, or delete it"
        )


def _row(part, figure):
    return part["name"], figure["classifier"], figure["defence"]


def _subject(results):
    data = dict.fromkeys(part["dataset"] for part in results["parts"])
    return f"{results['experiment']}, budget {results['budget']}, on {', '.join(data)}"
