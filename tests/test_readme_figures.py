"""The README's tables are what results/ has, to the digit."""

import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COLUMNS = ("clean", "PGD", "CW-L2", "APGD-L2", "AutoAttack")
# Where a table begins, and (what the README calls a classifier, its name) in its rows.
TABLES = {
    "table4": (
        "\nMNIST, eps 0.3",
        [("A (Madry's network, native)", "A", "A"), ("C (dense, never seen)", "C", "C")],
    ),
    "table5": (
        "\nFashion-MNIST, eps 0.2",
        [("Zheng's network (native)", "Zheng's network", "zheng"),
         ("C (dense, never seen)", "C", "C")],
    ),
}  # fmt: skip


def read_figures(experiment):
    results = json.loads((ROOT / "results" / f"{experiment}_cpu" / "results.json").read_text())
    figures = results["parts"][0]["figures"]
    return {(f["classifier"], f["defence"], f["column"]): f for f in figures}


def cell_of(figure, is_bold):
    """A figure as the README has it: "**93.6 ± 0.4** (91.13)"."""
    if figure is None:
        return ""
    text = f"{100 * figure['accuracy']:.1f}"
    if figure["deviation"] is not None:
        text += f" ± {100 * figure['deviation']:.1f}"
    if is_bold and figure["verdict"].startswith("above"):
        text = f"**{text}**"
    published = figure["published"]
    return text if published is None else f"{text} ({f'{published:.2f}' if published else 0})"


@pytest.mark.parametrize("experiment", TABLES)
def test_every_cell_is_of_the_results(experiment):
    start, rows = TABLES[experiment]
    table, found = README[README.index(start) :], read_figures(experiment)
    for bare, short, classifier in rows:
        for label, defence in (
            (f"{bare}, undefended", "none"),
            (f"{short} retrained adversarially", "adversarial training"),
            (f"{short} with AAA", "AAA xent_mse"),
        ):
            figures = [found.get((classifier, defence, column)) for column in COLUMNS]
            cells = " | ".join(cell_of(figure, defence == "AAA xent_mse") for figure in figures)
            assert f"| {label} | {cells} |" in table
