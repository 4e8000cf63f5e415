import dataclasses

import pytest

from aaa_tf.evaluation.robustness import evaluate_clean
from aaa_tf.evaluation.target import Target
from aaa_tf.experiments import paper_evaluation
from aaa_tf.experiments.budgets import BUDGETS, make_eval_config
from aaa_tf.experiments.paper import load_experiment
from aaa_tf.experiments.paper_evaluation import evaluate_row
from tests.conftest import build_tiny_classifier
from tests.made_up_report import make_report


def without(report, column):
    """A report of its second row (defended A) without a column."""
    columns = [c for c in report["protocol"]["columns"] if c["name"] != column]
    row = report["rows"][1]
    row = row | {"columns": [c for c in row["columns"] if c["name"] != column]}
    protocol = report["protocol"] | {"columns": columns}
    return report | {"rows": [row], "protocol": protocol}


@pytest.mark.parametrize("is_the_same_model", [True, False])
@pytest.mark.parametrize("knows_its_model", [True, False])
def test_dear_columns_alone_are_measured_beside_an_earlier_report(
    is_the_same_model, knows_its_model, tiny_dataset, monkeypatch
):
    (part,) = load_experiment("table4").parts
    row = next(row for row in part.rows if row.also)
    whole, asked = make_report(), []

    def run_evaluation(targets, dataset, config, **more):
        asked.append(config)
        return whole | {"rows": [whole["rows"][1]]}

    monkeypatch.setattr(paper_evaluation, "run_evaluation", run_evaluation)
    target = Target("A", build_tiny_classifier(), fingerprint="of F")
    config = make_eval_config(part, BUDGETS["cpu"])
    base = without(whole, "AutoAttack")
    num_correct = evaluate_clean(target, tiny_dataset.test, config).num_correct
    if knows_its_model:
        base["rows"][0]["fingerprint"] = "of F" if is_the_same_model else "of another"
    else:
        base["rows"][0]["num_correct"] = num_correct + (not is_the_same_model)
    found = evaluate_row(
        target, part, row, BUDGETS["cpu"], tiny_dataset, folder="", log=print, base=base
    )
    if not is_the_same_model:
        assert asked == [config]
        return
    assert asked == [dataclasses.replace(config, suite="autoattack", attacks=())]
    names = [column["name"] for column in found["rows"][0]["columns"]]
    assert names == [column["name"] for column in base["rows"][0]["columns"]] + ["AutoAttack"]
    told = [column["name"] for column in found["protocol"]["columns"]]
    assert told == [column["name"] for column in whole["protocol"]["columns"]]
    # Those of the columns that are there, not of the whole reports.
    assert found["seconds"] == round(sum(c["seconds"] for c in found["rows"][0]["columns"]), 1)
