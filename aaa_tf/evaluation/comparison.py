"""Rows of one report or of several in one table, without merging what was measured differently.

    comparison = compare_reports({"runs/a": load_report("runs/a"), "runs/b": load_report("runs/b")})
    print(format_comparison(comparison))       # comparison_text.py

Two figures share a column only if data set, adversary, name, norm, eps and every parameter of the
attacks agree. Seeds and suites may differ, because they change the draw and the company of a
column, not the threat; `notes` names them, and the number of examples stands in each row.
"""

import dataclasses
import json

from aaa_tf.evaluation import figures_text
from aaa_tf.evaluation.comparison_wording import (
    data_names,
    make_headings,
    make_notes,
    threat_names,
    without_attacks,
)

CLEAN = "clean"
_ORDER = {CLEAN: 0, "adaptive": 1, "given": 2, "oblivious": 3}


@dataclasses.dataclass(frozen=True)
class ColumnKey:
    """What figures must have in common to stand in one column.

    Attributes:
        data: data set and split, with the number of examples it has.
        adversary: "clean", "adaptive", "given", or "oblivious".
        name, norm, eps: of the column; "clean", "" and 0 for clean accuracy.
        attacks: JSON of the attacks' parameters, seeds left out.
    """

    data: str
    adversary: str
    name: str
    norm: str = ""
    eps: float = 0.0
    attacks: str = "[]"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One accuracy: share of 1, its interval, whether it is of a subset, and text on seeds."""

    accuracy: float
    interval: tuple
    is_subset: bool
    seeds: str = ""

    @property
    def text(self) -> str:
        """The figure as every table shows it."""
        return figures_text.format_figure(self.accuracy, self.interval, self.is_subset)


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a report among the rows of all.

    Attributes:
        number: of its report, from 1.
        label: "CLASSIFIER/DEFENCE", with the report's number before it where there are several.
        data: as in ColumnKey.
        threats: threat models of its report's columns, sorted.
        content: the row as it stands in the report.
        figures: ColumnKey -> Figure.
    """

    number: int
    label: str
    data: str
    threats: tuple
    content: dict
    figures: dict


@dataclasses.dataclass(frozen=True)
class Comparison:
    """All rows, all columns, and what differs between the reports.

    Attributes:
        reports: name (a path, or "") -> report.
        rows: list of Row, in the order of the reports.
        columns: ColumnKey -> heading; clean first, then adaptive, given, and oblivious.
        notes: a sentence for each difference between the reports.
        doubts: a sentence for each row that raises checks of gradient masking.
    """

    reports: dict
    rows: list
    columns: dict
    notes: list
    doubts: list


def compare_reports(reports: dict) -> Comparison:
    """Puts the rows of reports of schema 1 side by side.

    Args:
        reports: name -> report, as `report_schema.load_report` returns it; at least one.
    """
    named = zip(reports.values(), data_names(list(reports.values())), strict=True)
    rows = [
        _make_row(report, row, data, number, len(reports) > 1)
        for number, (report, data) in enumerate(named, 1)
        for row in report["rows"]
    ]
    columns = dict.fromkeys(column for row in rows for column in row.figures)
    # Columns that differ in their attacks' parameters only stand side by side.
    places = {}
    for column in columns:
        places.setdefault(without_attacks(column), len(places))
    ordered = sorted(
        columns,
        key=lambda column: (_ORDER[column.adversary], places[without_attacks(column)]),
    )
    return Comparison(
        reports=reports,
        rows=rows,
        columns=make_headings(ordered),
        notes=make_notes(list(reports.values())),
        doubts=[line for row in rows for line in _doubts(row)],
    )


def row_name(row: dict) -> str:
    """CLASSIFIER/DEFENCE of a row of a report, as --baseline takes it."""
    return f"{row['classifier']}/{row['defence']}"


def _make_row(report, row, data, number, is_numbered):
    is_subset = row["num_examples"] < report["num_available"]
    figures = {
        ColumnKey(data, CLEAN, CLEAN): Figure(
            row["clean_accuracy"], row["clean_interval"], is_subset
        )
    }
    for column in row["columns"]:
        name, norm, eps = column["name"], column["norm"], column["eps"]
        key = ColumnKey(data, column["adversary"], name, norm, eps, _attacks_of(report, column))
        figures[key] = Figure(
            column["robust_accuracy"],
            column["interval"],
            is_subset,
            figures_text.format_seeds(column),
        )
    label = f"{number}: {row_name(row)}" if is_numbered else row_name(row)
    return Row(number, label, data, threat_names(report), row, figures)


def _doubts(row):
    names = [check["name"] for check in row.content.get("checks", ()) if check["is_raised"]]
    if names:
        yield (
            f"{row.label} raises checks of gradient masking ({', '.join(names)}), so stronger "
            "attacks very likely exist."
        )


def _attacks_of(report, column):
    """JSON of a column's attacks; of their names alone where the protocol lacks the column."""
    for found in report["protocol"]["columns"]:
        if all(found[key] == column[key] for key in ("name", "norm", "eps")):
            attacks = [{k: v for k, v in a.items() if k != "seed"} for a in found["attacks"]]
            return json.dumps(attacks, sort_keys=True)
    names = column.get("num_robust_after") or column.get("num_gradients") or {}
    return json.dumps([{"name": name} for name in names])
