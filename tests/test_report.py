from aaa_tf.config import EvalConfig
from aaa_tf.evaluation import report


class Result:
    def to_dict(self):
        return {"num_examples": 360, "clean_accuracy": 0.98888, "robust_accuracy": 0.5}


def test_table_names_attack_examples_and_figures():
    rows = [
        report.make_row("A", "native", "none", Result()),
        report.make_row("my.keras", "transfer", "AAA", Result()),
    ]
    table = report.format_table(rows, EvalConfig(eps=0.1, step_size=0.01)).splitlines()
    assert "PGD-100, eps 0.1, step 0.01, 2 restart(s), 360 test images" in table[0]
    assert table[1].split() == ["classifier", "role", "defence", "clean", "%", "PGD", "%"]
    assert table[2].split() == ["A", "native", "none", "98.89", "50.00"]
    assert table[3].split() == ["my.keras", "transfer", "AAA", "98.89", "50.00"]
    assert table[2].index("native") == table[3].index("transfer")
