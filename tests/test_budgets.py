"""The protocol of each budget."""

import pytest

from aaa_tf.attacks import autoattack
from aaa_tf.experiments.budgets import BUDGETS, make_eval_config, make_extra_columns
from aaa_tf.experiments.paper import load_experiment


@pytest.mark.parametrize(
    ("name", "eps", "step_size", "num_steps", "num_restarts"),
    [
        ("table4", 0.3, 0.01, 100, 50),
        ("table5", 0.2, 0.01, 100, 50),
        ("table2_mnist", 0.3, 0.01, 100, 50),
        ("table2_cifar10", 8 / 255, 2 / 255, 20, 10),
    ],
)
def test_budget_paper_is_the_papers_protocol(name, eps, step_size, num_steps, num_restarts):
    (part,) = load_experiment(name).parts
    config = make_eval_config(part, BUDGETS["paper"])
    assert (config.eps, config.step_size) == (eps, step_size)
    assert (config.num_steps, config.num_restarts) == (num_steps, num_restarts)
    assert config.num_examples == 0
    assert config.attacks == ("pgd",)
    extra = make_extra_columns(part, part.rows[0], BUDGETS["paper"])
    columns = {column.name: column.attacks[0] for column in extra}
    if "CW-L2" in part.columns:
        assert list(columns) == ["CW-L2", "APGD-L2"]
        assert columns["CW-L2"].initial_constant == 100
        assert {attack.eps for attack in columns.values()} == {3.0}
    else:
        assert not columns


@pytest.mark.parametrize(("name", "eps"), [("table4", 0.3), ("table5", 0.2)])
def test_the_best_rows_meet_autoattack_too(name, eps):
    (part,) = load_experiment(name).parts
    best = [row for row in part.rows if row.also]
    assert [row.defence for row in best] == ["AAA xent_mse"] * 2
    column = make_extra_columns(part, best[-1], BUDGETS["cpu"])[-1]
    assert list(column.attacks) == autoattack.standard(eps=eps)
    short = make_extra_columns(part, best[-1], BUDGETS["smoke"])[-1]
    assert (
        {attack.num_steps for attack in short.attacks[:3]} == {short.attacks[3].num_queries} == {2}
    )


def test_only_the_papers_budget_trains_the_wide_network():
    names = [BUDGETS[name].model_name("D") for name in ("paper", "cpu", "smoke")]
    assert names == ["D", "madry_cifar10_narrow", "madry_cifar10_narrow"]
    assert BUDGETS["cpu"].model_name("E") == "E"
