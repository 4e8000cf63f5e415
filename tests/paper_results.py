"""Results of a small made-up experiment, to be shown."""

from aaa_tf.evaluation.html import write_reproduction
from aaa_tf.evaluation.intervals import wilson_interval
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper import Part, Row
from aaa_tf.experiments.paper_cells import format_seeds
from aaa_tf.experiments.paper_sections import make_sections
from tests.made_up_report import make_report

CPU, SMOKE = BUDGETS["cpu"], BUDGETS["smoke"]
ROWS = (
    Row("A", "native", "none", "table 4, row 1", {"clean": 99.0, "PGD": 0}),
    Row("A", "native", "AAA xent", "table 4, row 2", {"clean": 90.0, "PGD": 97.0, "CW": 95.1}),
)
PART = Part("losses", "mnist", ("A",), ("PGD", "CW"), False, (), ("PGD: 100 steps",), (), ROWS)


def report_of(index, num_robust=None):
    """The made-up report of row 0 (undefended A) or 1 (defended A), alone."""
    report = make_report()
    report["rows"] = [report["rows"][index]]
    column = report["rows"][0]["columns"][0]
    column["num_robust"] = column["num_robust"] if num_robust is None else num_robust
    column["robust_accuracy"] = column["num_robust"] / 1000
    column["interval"] = list(wilson_interval(column["num_robust"], 1000))
    return report


def make_results(figures, **changes):
    part = {
        "name": "losses",
        "dataset": "mnist",
        "published_dataset": "mnist",
        "protocol": ["PGD"],
        "statements": ["The paper says <so>."],
        "notes": ["our corruptions: frost is drawn"],
        "figures": figures,
        "reconstructions": [],
        "trainings": [],
    }
    return {
        "title": "MNIST <b>",
        "source": "table 4",
        "budget": "cpu",
        "budget_description": "hours",
        "is_smoke": False,
        "seeds": 1,
        "num_missing": sum("missing" in figure for figure in figures),
        "parts": [part],
        "command": "bin/reproduce --experiment=table4",
        "environment": {"python": "3.11"},
    } | changes


def write_page(results, path):
    page = {"title": results["title"], "results": results, "pictures": {}}
    page |= {"seeds_text": format_seeds(results["seeds"])}
    write_reproduction(page | {"sections": make_sections(results)}, path)
    return path.read_text()
