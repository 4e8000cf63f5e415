"""Reports of one row, taken out of a report of many and put together again."""

import pytest

from aaa_tf.experiments.row_reports import merge_reports, only_row, origins_of
from tests.made_up_report import make_report


def test_merged_reports_hold_all_rows_and_all_columns():
    whole = make_report()
    parts = [only_row(whole, row) for row in whole["rows"]]
    kept = parts[0]["rows"][0]["columns"][:1]
    parts[0] = only_row(whole, parts[0]["rows"][0] | {"columns": kept})
    assert [c["name"] for c in parts[0]["protocol"]["columns"]] == [kept[0]["name"]]
    merged = merge_reports(parts)
    assert [row["columns"] for row in merged["rows"][1:]] == [
        row["columns"] for row in whole["rows"][1:]
    ]
    assert merged["rows"][0]["columns"] == kept
    assert merged["protocol"] == whole["protocol"]
    assert merged["title"] == "mnist: A, B, C"


def test_seconds_are_those_of_the_columns_however_often_rows_are_taken_over():
    whole = make_report()
    report = only_row(whole, whole["rows"][0])
    expected = sum(column["seconds"] for column in whole["rows"][0]["columns"])
    for _ in range(2):
        assert report["seconds"] == pytest.approx(expected, abs=0.1)
        report = only_row(report, report["rows"][0])
    twice = merge_reports([report, report])
    assert twice["seconds"] == pytest.approx(2 * expected, abs=0.1)


def test_a_row_keeps_its_origin_and_a_merged_report_has_its_own():
    whole = make_report()
    whole["environment"] |= {"machine": "the first", "recorded": "2026-01-01"}
    merged = merge_reports([only_row(whole, row) for row in whole["rows"][:2]])
    assert merged["environment"]["machine"] != "the first"
    assert merged["command"] != whole["command"]
    again = merge_reports([only_row(merged, row) for row in merged["rows"]])
    origin = {"machine": "the first", "command": whole["command"], "recorded": "2026-01-01"}
    assert [row["origins"] for row in again["rows"]] == [[origin]] * 2
    reports = {(n, 0): only_row(again, row) for n, row in enumerate(again["rows"])}
    assert origins_of(reports) == [origin | {"rows": ["A none", "A AAA"]}]
