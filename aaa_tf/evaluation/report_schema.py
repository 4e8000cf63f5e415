"""What a report.json of schema 1 must hold, and reading one that somebody else may have written.

    report = load_report("runs/mnist")         # or runs/mnist/report.json

Only what the tables and pages read is asked for; more is welcome. A report that lacks something,
or holds it in another form, is refused in one line that names the place.
"""

import json
import pathlib

from aaa_tf.errors import InputError

SCHEMA = 1
_NUMBER = (int, float)
_NUMBERS, _PAIR = [_NUMBER], [_NUMBER, _NUMBER]

# A dict lists keys, "?" marks those that may be absent; "*" stands for any key. A list of one form
# is a list of that form, of two forms a list of exactly two. A set holds the values there are. A
# type or a tuple of types is itself.
_COLUMN = {
    "name": str,
    "adversary": {"adaptive", "oblivious", "given"},
    "norm": str,
    "eps": _NUMBER,
    "robust_accuracy": _NUMBER,
    "interval": _PAIR,
    "?num_gradients": {"*": _NUMBER},
    "?num_queries": {"*": _NUMBER},
    "?broken_by": {"*": _NUMBER},
    "?num_robust_after": {"*": _NUMBERS},
    "?loss_curves": {"*": _NUMBERS},
    "?seconds": _NUMBER,
    "?git_commits": [str],
    "?per_class": [
        {"class": str, "num_examples": int, "num_correct": int, "num_robust": int},
    ],
    "?by_seed": _NUMBERS,
    "?mean": _NUMBER,
    "?deviation": _NUMBER,
}
_CHECK = {
    "is_raised": bool,
    **dict.fromkeys(("name", "found", "raised_if", "meaning", "advice"), str),
}
_ROW = {
    "classifier": str,
    "role": str,
    "defence": str,
    "?fingerprint": str,
    "?origins": [{"machine": str, "command": str, "recorded": str}],
    "num_examples": int,
    "clean_accuracy": _NUMBER,
    "clean_interval": _PAIR,
    "columns": [_COLUMN],
    "?curves": {"*": [_PAIR]},
    "?checks": [_CHECK],
    "?surface": {"radii": _NUMBERS, "loss": [_NUMBERS], "?norm": str},
    "?corruptions": {
        "name": str,
        "accuracy": {"*": {"*": _NUMBER}},
        "?num_examples": int,
        "?notes": [str],
    },
}
_REPORT = {
    "title": str,
    "dataset": str,
    "split": str,
    "num_examples": int,
    "num_available": int,
    "?data_sha256": str,
    "protocol": {
        "suite": str,
        "seed": int,
        "columns": [{"name": str, "norm": str, "eps": _NUMBER, "attacks": [{"name": str}]}],
    },
    "rows": [_ROW],
    "?examples_of": str,
    "?environment": {},
    "?command": str,
}


def load_report(path) -> dict:
    """Reads a report of this schema.

    Args:
        path: report.json under any name, or a folder that holds one.

    Raises:
        InputError: if there is none, it is not JSON, of another schema, or incomplete.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / "report.json"
    if not path.is_file():
        raise InputError(f"no report at {path}; bin/evaluate and bin/train_aaa write one")
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); write the report again") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != SCHEMA:
        found = "names no schema" if schema is None else f"is of schema {schema!r}"
        raise InputError(f"{path} {found}, this program reads {SCHEMA}; run bin/evaluate again")
    fault = find_fault(report)
    if fault:
        raise InputError(f"{path}: {fault}; run bin/evaluate again")
    return report


def find_fault(report: dict) -> str:
    """What a report lacks or holds in another form: "rows[0].role is missing"; "" for nothing."""
    return _fault(report, _REPORT, "") or ("" if report["rows"] else "rows is empty")


def _fault(value, form, place):
    if isinstance(form, dict):
        return _fault_in_dict(value, form, place)
    if isinstance(form, list):
        if not isinstance(value, list):
            return f"{place} is no list"
        if len(form) == 2 and len(value) != 2:
            return f"{place} has {len(value)} values, not two"
        places = ((item, f"{place}[{index}]") for index, item in enumerate(value))
        return next(filter(None, (_fault(item, form[0], at) for item, at in places)), "")
    if isinstance(form, set):
        is_known = isinstance(value, str) and value in form
        return "" if is_known else f"{place} is {value!r:.40}, not {' or '.join(sorted(form))}"
    # JSON's true is an int to Python.
    is_right = isinstance(value, form) and (form is bool or not isinstance(value, bool))
    return "" if is_right else f"{place} is {value!r:.40}, which is no {_name(form)}"


def _fault_in_dict(value, form, place):
    if not isinstance(value, dict):
        return f"{place} is no object"
    for key, inner in form.items():
        name = key.removeprefix("?")
        if key == "*":
            faults = (_fault(item, inner, f"{place}.{found}") for found, item in value.items())
            return next(filter(None, faults), "")
        at = f"{place}.{name}".removeprefix(".")
        if name not in value:
            if key == name:
                return f"{at} is missing"
            continue
        fault = _fault(value[name], inner, at)
        if fault:
            return fault
    return ""


def _name(form):
    return {str: "text", bool: "true or false", int: "whole number"}.get(form, "number")
