"""The paper's experiments as data: what was published, and the protocol of each budget."""

import pytest

from aaa_tf.errors import InputError
from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS, make_eval_config, make_extra_columns
from aaa_tf.experiments.paper import DENOISER, NAMES, THRESHOLD, Row, load_experiment
from aaa_tf.models import classifiers

# Rows as Vaishnavi et al. 2020 print them: native, then transfer; clean, PGD, CW-L2.
DEFENCES = ("none", "adversarial training", "AAA xent", "AAA mse", "AAA xent_mse")
TABLES = {
    "table4": """
99.24 0     0     98.00 0     0
99.10 88.81 52.10 93.32 71.76 26.64
99.08 90.44 58.16 28.75 11.85 1.94
99.17 89.20 65.86 98.21 82.17 57.16
99.15 91.13 74.44 98.12 85.33 76.61
""",
    "table5": """
92.55 5.40  0     89.74 4.33  0
87.73 62.16 49.43 79.11 61.28 24.50
87.59 68.29 65.36 33.60 22.54 31.32
89.26 21.87 55.67 88.38 28.71 54.83
87.40 63.98 69.35 74.44 49.67 62.67
""",
}
# Model; adversarial training: clean, PGD; AAA xent: clean, PGD.
TABLE_2 = {
    "table2_mnist": "A 99.10 88.81 99.10 90.29|B 98.37 87.67 99.19 90.12|C 93.32 71.76 99.17 89.97",
    "table2_cifar10": (
        "D 81.49 45.89 80.06 45.34|E 71.95 39.73 78.22 42.94|F 69.48 36.40 79.60 45.16"
    ),
}
PARTS = [(name, part) for name in NAMES for part in load_experiment(name).parts]


def ids(value):
    return value if isinstance(value, str) else value.name


@pytest.mark.parametrize("name", TABLES)
def test_tables_4_and_5_are_as_printed(name):
    (part,) = load_experiment(name).parts
    *printed, threshold, denoiser = part.rows
    assert (threshold.defence, denoiser.defence) == (THRESHOLD, DENOISER)
    assert threshold.published == denoiser.published == {}
    found = [(row.defence, row.role, list(row.published.values())) for row in printed]
    expected = []
    for defence, line in zip(DEFENCES, TABLES[name].strip().splitlines(), strict=True):
        numbers = [float(text) for text in line.split()]
        expected += [(defence, "native", numbers[:3]), (defence, "transfer", numbers[3:])]
    assert found == expected
    assert {tuple(row.published) for row in printed} == {("clean", "PGD", "CW-L2")}


@pytest.mark.parametrize("name", TABLE_2)
def test_table_2_is_as_printed(name):
    (part,) = load_experiment(name).parts
    expected = []
    for line in TABLE_2[name].split("|"):
        letter, *texts = line.split()
        numbers = list(map(float, texts))
        expected.append((letter, "adversarial training", numbers[:2]))
        expected.append((letter, "AAA xent", numbers[2:]))
    found = [(row.classifier, row.defence, list(row.published.values())) for row in part.rows]
    assert found == expected
    assert list(part.natives) == [letter for letter, _, _ in expected[::2]]


@pytest.mark.parametrize(("name", "part"), PARTS, ids=ids)
def test_every_part_can_be_trained_and_measured(name, part):
    assert set(part.natives) <= set(classifiers.NAMES)
    for row in part.rows:
        assert row.classifier in classifiers.NAMES
        assert (row.classifier in part.natives) == (row.role == "native")
        # What was published must be a column, and say where.
        assert set(row.published) <= {"clean", *part.columns}
        assert row.source
    assert part.columns or part.corruptions or part.reconstructions
    for budget in BUDGETS.values():
        for kind in ("aaa", "classifier", "adversarial"):
            assert budget.training_values(part.dataset, kind)["eps"] > 0


def test_natives_and_transfers_are_the_papers():
    found = {
        (name, part.name): (part.natives, {r.classifier for r in part.rows if r.role == "transfer"})
        for name, part in PARTS
    }
    assert found["table4", "losses"] == (("A", "B"), {"C"})
    assert found["table5", "losses"] == (("zheng",), {"C"})
    assert found["supplement", "transfer_cifar10"] == (("D", "E"), {"F"})
    assert BUDGETS["paper"].training_values("fashion_mnist", "aaa")["eps"] == 0.2


@pytest.mark.parametrize(("name", "part"), PARTS, ids=ids)
def test_budget_cpu_takes_restarts_and_images_off_and_nothing_else(name, part):
    ours, theirs = (make_eval_config(part, BUDGETS[budget]) for budget in ("cpu", "paper"))
    assert (ours.num_restarts, ours.num_examples) == (5, 1000)
    for field in ("eps", "step_size", "num_steps", "suite", "attacks", "seed"):
        assert getattr(ours, field) == getattr(theirs, field)
    for row in part.rows:
        ours, theirs = (make_extra_columns(part, row, BUDGETS[b]) for b in ("cpu", "paper"))
        assert ours == theirs


def test_a_row_may_have_columns_of_its_own():
    (part,) = load_experiment("table4").parts
    by_defence = {row.defence: row for row in part.rows}
    assert make_extra_columns(part, by_defence[THRESHOLD], BUDGETS["cpu"]) == ()
    usual = make_extra_columns(part, by_defence["none"], BUDGETS["cpu"])
    assert [column.name for column in usual] == ["CW-L2", "APGD-L2"]


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="unknown experiment 'table1'; known: figure1, supplement"):
        load_experiment("table1")
    with pytest.raises(InputError, match="unknown defence 'AAA ssim'"):
        Row("A", "native", "AAA ssim", "", {})
    part = {"columns": ["PDG"], "rows": []}
    with pytest.raises(InputError, match="unknown column 'PDG'; known: APGD-L2, AutoAttack"):
        paper._read_part(part)
