import json

import numpy as np
import pytest

from aaa_tf.config import EvalConfig
from aaa_tf.data import Dataset, Split
from aaa_tf.evaluation import report
from aaa_tf.evaluation.report_schema import find_fault
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import Target
from tests.mean_pixel_model import mean_pixel_logits


@pytest.fixture
def dataset():
    means = np.arange(0.05, 1, 0.1, dtype=np.float32)
    images = np.broadcast_to(means[:, None, None, None], (10, 4, 4, 1)).copy()
    split = Split(images, (means > 0.5).astype(np.int32))
    return Dataset("means", split, split, split, ("dark", "bright"))


def make_report(dataset, **values):
    config = EvalConfig(
        **{"eps": 0.2, "step_size": 0.05, "num_steps": 10, "num_examples": 0} | values
    )
    targets = [
        Target("A", mean_pixel_logits, role="native"),
        Target("my.keras", mean_pixel_logits, role="transfer", defence="AAA"),
    ]
    results = [evaluate_robustness(target, dataset.test, config) for target in targets]
    rows = [report.make_row(result, dataset.class_names) for result in results]
    return report.make_report(rows, results, dataset, config, command="test")


def test_table_names_attack_examples_and_figures(dataset):
    table = report.format_table(make_report(dataset)).splitlines()
    assert table[0] == "means, all 10 test images"
    assert table[1].startswith(
        "PGD-10, Linf 0.2, step 0.05, 10 steps, 2 restart(s); through the whole"
    )
    assert table[2].split() == ["classifier", "role", "defence", "clean", "%", "PGD-10", "%"]
    assert table[3].split() == ["A", "native", "none", "100.00", "60.00"]
    assert table[4].split() == ["my.keras", "transfer", "AAA", "100.00", "60.00"]
    assert table[3].index("native") == table[4].index("transfer")


def test_a_subset_is_told_with_intervals(dataset):
    table = report.format_table(make_report(dataset, num_examples=4)).splitlines()
    assert table[0] == "means, 4 of 10 test images; 95 % intervals in brackets"
    assert "100.00 (51.01 to 100.00)" in table[3]


def test_report_is_json_and_its_counts_agree(dataset):
    content = json.loads(json.dumps(make_report(dataset)))
    assert find_fault(content) == ""
    assert (content["schema"], content["num_available"], content["command"]) == (1, 10, "test")
    row = content["rows"][0]
    (column,) = row["columns"]
    assert column["num_robust"] == 6
    assert column["broken_by"] == {"PGD-10": 4}
    assert column["num_robust_after"] == {"PGD-10": [6, 6]}
    assert [entry["num_robust"] for entry in column["per_class"]] == [3, 3]
    assert sum(entry["num_examples"] for entry in column["per_class"]) == 10
    assert "mean" not in column
    (described,) = content["protocol"]["columns"]
    assert described["attacks"][0]["type"] == "PGD"
    assert described["attacks"][0]["num_restarts"] == 2


def test_several_seeds_give_mean_and_deviation(dataset):
    content = make_report(dataset, seeds=3)
    (column,) = content["rows"][0]["columns"]
    assert column["by_seed"] == [0.6] * 3
    assert (column["mean"], column["deviation"]) == (pytest.approx(0.6), pytest.approx(0))
    assert "60.00; 60.00 ± 0.00, 3 seeds" in report.format_table(content)
