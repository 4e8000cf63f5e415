"""Results that an earlier call left: of the same experiment, and how much they measured.

before = count_earlier(folder, results)
"""

import json

from aaa_tf.errors import InputError


def count_earlier(folder, results) -> int:
    """How much an earlier call measured, by its files in a folder of results.

    Args:
        folder: Path of the folder.
        results: what is to be written there, as `reproduce` returns it.

    Returns:
        The number of `count_measured`; 0 where there are no results.

    Raises:
        InputError: if it is of another experiment, budget or data set, or damaged.
    """
    path = folder / "results.json"
    if not path.exists():
        return 0
    try:
        found = json.loads(path.read_text())
        there, here = _subject(found), _subject(results)
        num_measured = count_measured(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged; delete it, or choose another folder") from error
    if there != here:
        raise InputError(f"{folder} holds results of {there}, not of {here}; choose another folder")
    return num_measured


def count_measured(results) -> int:
    """Figures and pictures in results, each as often as it has seeds."""
    return sum(
        sum(len(figure.get("by_seed", ())) for figure in part["figures"])
        + len(part["reconstructions"])
        for part in results["parts"]
    )


def _subject(results):
    data = dict.fromkeys(part["dataset"] for part in results["parts"])
    return f"{results['experiment']}, budget {results['budget']}, on {', '.join(data)}"
