"""The comparison in a terminal."""

import re

from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.comparison_text import format_comparison, verdicts
from tests.comparison_inputs import with_attack
from tests.made_up_report import make_report


def test_terminal_table():
    report = make_report()
    report["rows"][1]["columns"][0] |= {"by_seed": [0.93, 0.94], "mean": 0.935, "deviation": 0.007}
    text = format_comparison(compare_reports({"runs/a": report, "b": with_attack(num_steps=9)}))
    lines = text.splitlines()
    assert lines[0].startswith("1  runs/a  mnist, autoencoder")
    assert "1,000 of 10,000 test images, suite paper_mnist" in lines[0]
    head = next(number for number, line in enumerate(lines) if "classifier" in line)
    row = next(line for line in lines if re.match(r"1 +A +native +AAA", line))
    cells = re.split(r" {2,}", row)
    assert cells[4:8] == [
        "1,000", "99.20 (98.43 to 99.59)", "93.40 (91.69 to 94.78)", "-",
    ]  # fmt: skip
    assert row.index("93.40") == lines[head].index("PGD-100")
    below = lines[lines.index(row) + 1]
    assert below.strip() == "93.50 ± 0.70, 2 seeds"
    assert below.index("93.50") == row.index("93.40")
    assert lines[-1].startswith("oblivious: ")


def test_verdicts_are_of_adaptive_figures_only():
    comparison = compare_reports({"": make_report()})
    found = {
        (row.label, column.name): verdict for row, column, verdict in verdicts(comparison, 88.5)
    }
    assert len(found) == 18
    assert found["A/AAA", "PGD-100"] == "above 88.50"
    assert found["A/AAA", "AutoAttack"] == "not told apart from 88.50"
    assert found["A/none", "CW"] == "below 88.50"
    text = format_comparison(comparison, against=88.5)
    assert "A/AAA, AutoAttack, Linf 0.3: 90.20 is not told apart from 88.50" in text
