"""Reports of one row each: taken out of a report of many, completed, and put together again.

    report = only_row(load_report("results/table4_cpu/losses.json"), row)
    merged = merge_reports([report, other])

A row remembers the command and the machine that measured it (`origins`), because a merged report
has those of the call that merged it.
"""

from aaa_tf.provenance import describe_command, describe_environment

# The pictures of a report are of one row of it, and lie beside it.
_PICTURES = ("examples", "examples_of")


def only_row(report: dict, row: dict) -> dict:
    """A report that has one row alone, with the protocol and the seconds of that row.

    Args:
        report: report that the row is of.
        row: one of its rows, or what is kept of it.
    """
    names = {column["name"] for column in row["columns"]}
    columns = [c for c in report["protocol"]["columns"] if c["name"] in names]
    return report | {
        "protocol": report["protocol"] | {"columns": columns},
        "rows": [row | {"origins": _origins(report, row)}],
        "seconds": _seconds([row]),
    }


def add_columns(base: dict, dear: dict, names) -> dict:
    """A report of one row with those columns of another report of that row that are named."""
    (row,), (measured,) = base["rows"], only_row(dear, dear["rows"][0])["rows"]
    columns = [c for c in measured["columns"] if c["name"] in names]
    told = [c for c in dear["protocol"]["columns"] if c["name"] in names]
    row = row | {
        "columns": row["columns"] + columns,
        "origins": _origins(base, row) + measured["origins"],
    }
    protocol = base["protocol"] | {"columns": base["protocol"]["columns"] + told}
    return base | {"protocol": protocol, "rows": [row], "seconds": _seconds([row])}


def merge_reports(reports) -> dict:
    """One report of the rows of several that were measured alike, in their order."""
    columns = {c["name"]: c for report in reports for c in report["protocol"]["columns"]}
    rows = [only_row(report, row)["rows"][0] for report in reports for row in report["rows"]]
    names = ", ".join(dict.fromkeys(row["classifier"] for row in rows))
    first = {key: value for key, value in reports[0].items() if key not in _PICTURES}
    return first | {
        "title": f"{first['dataset']}: {names}",
        "protocol": first["protocol"] | {"columns": list(columns.values())},
        "rows": rows,
        "seconds": _seconds(rows),
        "command": describe_command(),
        "environment": describe_environment(),
    }


def origins_of(reports: dict) -> list[dict]:
    """Who measured which rows: dicts with `rows` (names), `machine`, `command` and `recorded`.

    Args:
        reports: (index of a row, training seed) -> report of that row alone.
    """
    found = {}
    for _, report in sorted(reports.items()):
        (row,) = report["rows"]
        for origin in _origins(report, row):
            named = found.setdefault((origin["machine"], origin["command"]), origin | {"rows": {}})
            named["rows"][f"{row['classifier']} {row['defence']}"] = None
            named["recorded"] = max(named["recorded"], origin["recorded"])
    return [origin | {"rows": list(origin["rows"])} for origin in found.values()]


def _origins(report, row):
    environment = report.get("environment", {})
    of_report = {
        "machine": environment.get("machine", ""),
        "command": report.get("command", ""),
        "recorded": environment.get("recorded", ""),
    }
    return row.get("origins") or [of_report]


def _seconds(rows):
    return round(sum(c.get("seconds", 0) for row in rows for c in row["columns"]), 1)
