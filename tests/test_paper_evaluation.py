from aaa_tf.experiments.paper_evaluation import merge_reports
from tests.made_up_report import make_report


def test_merged_reports_hold_all_rows_and_all_columns():
    whole = make_report()
    parts = [whole | {"rows": [row]} for row in whole["rows"]]
    first = whole["protocol"]["columns"][:1]
    parts[0] = parts[0] | {"protocol": whole["protocol"] | {"columns": first}}
    merged = merge_reports(parts)
    assert merged["rows"] == whole["rows"]
    assert merged["protocol"] == whole["protocol"]
    assert merged["seconds"] == 6 * whole["seconds"]
    assert merged["title"] == "mnist: A, B, C"
