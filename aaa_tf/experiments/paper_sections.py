"""What the Markdown and the page of an experiment show: facts and tables of text for each part.

    for section in make_sections(results):
        section["heading"], section["facts"], section["tables"]

Results are those of `reproduce`. Nothing is computed here, and a figure that is missing says why.
"""

from aaa_tf.evaluation import figures_text
from aaa_tf.experiments.paper_cells import (
    attacked_figures,
    format_accuracy,
    format_commits,
    format_images,
    format_mark,
    make_table,
)
from aaa_tf.experiments.paper_detail_tables import (
    corruptions_table,
    errors_table,
    origins_table,
    trainings_table,
    trend_table,
)

_FIGURES = (
    "classifier", "role", "defence", "column", "paper %", "ours %", "ours is", "images", "attack",
    "commit", "where",
)  # fmt: skip
_OURS = "Our attacks, restarts and numbers of images stand with each figure."


def make_sections(results: dict) -> list[dict]:
    """One section a part.

    Returns:
        Dicts with `name`, `heading`, `facts` (sentences) and `tables`, dicts of `title`, `caption`,
        `headings`, `lines` of text, and `is_detail`, whether a page folds it away.
    """
    return [_make_section(part) for part in results["parts"]]


def _make_section(part):
    tables = (
        _side_by_side(part),
        _figures_table(part),
        trend_table(part),
        corruptions_table(part),
        errors_table(part),
        trainings_table(part),
        origins_table(part),
    )
    stands_in = part["dataset"] != part["published_dataset"]
    data = f"Data: {part['dataset']}" + (f", for {part['published_dataset']}" * stands_in)
    notes = [f"Note: {note}." for note in part["notes"]]
    protocol = [f"The paper's protocol: {line}." for line in part["protocol"]]
    return {
        "name": part["name"],
        "heading": part["name"].replace("_", " ").capitalize(),
        "facts": [f"{data}.", *protocol, *part["statements"], *notes, _OURS],
        "tables": [table for table in tables if table["lines"]],
    }


def _side_by_side(part):
    """One line a row of the paper's table, one cell a column."""
    figures = attacked_figures(part)
    columns = list(dict.fromkeys(figure["column"] for figure in figures))
    cells = {}
    for figure in figures:
        row = tuple(figure[key] for key in ("classifier", "role", "defence"))
        cells.setdefault(row, {})[figure["column"]] = _short(figure)
    lines = [
        [*row, *(by_column.get(column, figures_text.ABSENT) for column in columns)]
        for row, by_column in cells.items()
    ]
    return make_table(
        "Our figures beside the published ones",
        ("classifier", "role", "defence", *columns),
        lines,
        "In each cell the published figure, then ours with its interval, then what ours is, by "
        "how many points: above or below only where the whole interval is. The published figure "
        "counts as exact.",
    )


def _short(figure):
    published = figure["published"]
    start = figures_text.ABSENT if published is None else f"{published:.2f}"
    if "missing" in figure:
        return f"{start} / missing"
    return f"{start} / {format_accuracy(figure)}{format_mark(figure)}"


def _figures_table(part):
    lines = []
    for figure in attacked_figures(part):
        published = figure["published"]
        head = [figure[key] for key in ("classifier", "role", "defence", "column")]
        head.append(figures_text.ABSENT if published is None else f"{published:.2f}")
        if "missing" in figure:
            ours = [f"missing: {figure['missing']}", *[figures_text.ABSENT] * 4]
        else:
            ours = [
                format_accuracy(figure),
                figure["verdict"],
                format_images(figure),
                figure["attack"],
            ]
            ours.append(format_commits(figure.get("git_commits", ())))
        lines.append([*head, *ours, figure["source"] or figures_text.ABSENT])
    return make_table(
        "Every figure with its attack and its source", _FIGURES, lines, is_detail=True
    )
