"""Names of data sets and columns, and sentences on what reports do not share.

A heading is as short as it can be without two different columns looking the same.
"""

import dataclasses
import json

from aaa_tf.attacks.wording import format_threat
from aaa_tf.evaluation import figures_text


def threat_names(report) -> tuple:
    """Threat models of a report's protocol, sorted: ("L2 3", "Linf 0.3")."""
    columns = report["protocol"]["columns"]
    found = {format_threat(column["norm"], column["eps"]) for column in columns}
    return tuple(sorted(found))


def data_names(reports) -> list[str]:
    """Data set, split and its size of each report: "mnist test (10,000)".

    Where as many images of one name are not the same images, a hash of them tells them apart.
    """
    names, images = [], {}
    for report in reports:
        available = figures_text.format_count(report["num_available"])
        names.append(f"{report['dataset']} {report['split']} ({available})")
        if "data_sha256" in report:
            key = names[-1], report["num_examples"]
            images.setdefault(key, set()).add(report["data_sha256"])
    return [
        f"{name}, images {report['data_sha256'][:8]}"
        if "data_sha256" in report and len(images[name, report["num_examples"]]) > 1
        else name
        for name, report in zip(names, reports, strict=True)
    ]


def make_headings(columns) -> dict:
    """ColumnKey -> heading, as short as it can be without two columns looking the same."""
    has_several = len({column.data for column in columns}) > 1
    found = {}
    for column in columns:
        parts = [column.data] if has_several else []
        parts += [column.name]
        if column.norm:
            parts += [format_threat(column.norm, column.eps)]
        twins = [c for c in columns if without_attacks(c) == without_attacks(column)]
        if len(twins) > 1:
            parts += [_what_differs(column, twins)]
        found[column] = mark_oblivious(", ".join(parts), column.adversary)
    return found


def mark_oblivious(heading: str, adversary: str) -> str:
    """A column's heading, which says that its adversary is oblivious if it is, and says it once."""
    if adversary != "oblivious" or "oblivious" in heading:
        return heading
    return f"{heading} (oblivious)"


def without_attacks(column):
    """The column but for its attacks' parameters: equal for those that would look the same."""
    return dataclasses.replace(column, attacks="")


def _what_differs(column, twins):
    """Those parameters of a column's attacks that its twins have otherwise."""
    flat = {twin: _flatten(json.loads(twin.attacks)) for twin in twins}
    keys = sorted({key for values in flat.values() for key in values})
    differing = [key for key in keys if len({str(values.get(key)) for values in flat.values()}) > 1]
    return ", ".join(f"{key} {flat[column].get(key, 'not told')}" for key in differing)


def _flatten(attacks):
    if len(attacks) == 1:
        return attacks[0]
    return {f"{a['name']} {key}": value for a in attacks for key, value in a.items()}


def make_notes(reports) -> list[str]:
    """A sentence for each thing that is not the same in all reports."""
    questions = {
        "images": lambda r: figures_text.format_count(r["num_examples"]),
        "suite": lambda r: r["protocol"]["suite"],
        "seed": lambda r: str(r["protocol"]["seed"]),
        "number of seeds": lambda r: str(r["protocol"].get("num_seeds", 1)),
        "threat models": lambda r: ", ".join(threat_names(r)) or "none",
    }
    answers = {"data set": data_names(reports)}
    answers |= {name: [answer(r) for r in reports] for name, answer in questions.items()}
    found = []
    for name, given in answers.items():
        numbers = {}
        for number, answer in enumerate(given, 1):
            numbers.setdefault(answer, []).append(str(number))
        if len(numbers) > 1:
            told = "; ".join(f"{value} in {', '.join(at)}" for value, at in numbers.items())
            found.append(f"The reports differ in {name}: {told}.")
    return found
