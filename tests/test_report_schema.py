import json

import pytest

from aaa_tf.errors import InputError
from aaa_tf.evaluation.report_schema import find_fault, load_report
from tests.made_up_report import make_report


def test_a_good_report_is_read_from_its_file_or_its_folder(tmp_path):
    report = make_report()
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert load_report(tmp_path) == load_report(tmp_path / "report.json") == report


def test_optional_parts_may_be_absent_or_empty():
    report = make_report()
    del report["environment"], report["command"], report["seconds"]
    for row in report["rows"]:
        del row["surface"], row["corruptions"]
        row["checks"], row["curves"] = [], {}
        for column in row["columns"]:
            for key in ("num_gradients", "num_queries", "broken_by", "seconds"):
                del column[key]
    assert find_fault(report) == ""


def damaged(path, value):
    """A report with `value` at a path of keys; without the last key where it is None."""
    report = make_report()
    place = report
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return report


COLUMN = ("rows", 1, "columns", 0)


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("dataset",), None, "dataset is missing"),
        (("rows",), {}, "rows is no list"),
        (("rows",), [], "rows is empty"),
        (("num_examples",), 0.5, "num_examples is 0.5, which is no whole number"),
        (("num_examples",), True, "num_examples is True, which is no whole number"),
        (("protocol", "suite"), None, "protocol.suite is missing"),
        (("rows", 0, "classifier"), 3, "rows[0].classifier is 3, which is no text"),
        ((*COLUMN, "interval"), [0.1], "rows[1].columns[0].interval has 1 values, not two"),
        ((*COLUMN, "eps"), "0.3", "rows[1].columns[0].eps is '0.3', which is no number"),
        ((*COLUMN, "adversary"), "weak", "adversary is 'weak', not adaptive or given or oblivious"),
        ((*COLUMN, "adversary"), ["adaptive"], "adversary is ['adaptive'], not adaptive or given"),
        (("rows", 2, "curves", "eps"), [[0.1]], "rows[2].curves.eps[0] has 1 values"),
        (("rows", 2, "corruptions", "accuracy", "fog"), 1, "accuracy.fog is no object"),
        (("rows", 2, "checks", 0, "is_raised"), 1, "is_raised is 1, which is no true or false"),
    ],
)
def test_the_place_of_a_fault_is_named(path, value, fault):
    assert fault in find_fault(damaged(path, value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "names no schema, this program reads 1"),
        ('{"rows": []}', "names no schema"),
        ('{"schema": 2}', "is of schema 2, this program reads 1"),
        ('{"schema": 1}', "title is missing"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        load_report(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_missing_report_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError, match=r"no report at .*json"):
            load_report(path)
    (tmp_path / "report.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not JSON"):
        load_report(tmp_path)
