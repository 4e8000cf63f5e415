"""What the Markdown and the page of an experiment show: facts and tables of text for each part.

    for section in make_sections(results):
        section["heading"], section["facts"], section["tables"]

Results are those of `reproduce`. Nothing is computed here, and a figure that is missing says why.
"""

from aaa_tf.evaluation import figures_text
from aaa_tf.experiments.paper_corruptions import CORRUPTION

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
        _trend_table(part),
        _corruptions_table(part),
        _errors_table(part),
        _trainings_table(part),
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


def _table(title, headings, lines, caption="", is_detail=False):
    return {
        "title": title,
        "caption": caption,
        "headings": headings,
        "lines": lines,
        "is_detail": is_detail,
    }


def _attacked(part):
    """The figures that are not of a corruption."""
    return [f for f in part["figures"] if not f["column"].startswith(f"{CORRUPTION} ")]


def _side_by_side(part):
    """One line a row of the paper's table, one cell a column."""
    figures = _attacked(part)
    columns = list(dict.fromkeys(figure["column"] for figure in figures))
    cells = {}
    for figure in figures:
        row = tuple(figure[key] for key in ("classifier", "role", "defence"))
        cells.setdefault(row, {})[figure["column"]] = _short(figure)
    lines = [
        [*row, *(by_column.get(column, figures_text.ABSENT) for column in columns)]
        for row, by_column in cells.items()
    ]
    return _table(
        "Our figures beside the published ones",
        ("classifier", "role", "defence", *columns),
        lines,
        "In each cell the published figure, then ours with its interval, then what ours is: above "
        "or below only where the whole interval is. The published figure counts as exact.",
    )


def _short(figure):
    published = figure["published"]
    start = figures_text.ABSENT if published is None else f"{published:.2f}"
    if "missing" in figure:
        return f"{start} / missing"
    return f"{start} / {_accuracy(figure)}{_mark(figure)}"


def _mark(figure):
    """What a figure is, in a word: ", above", ", not told apart", ", smoke", or "" for nothing."""
    if figure["verdict"].startswith("smoke"):
        return ", smoke"
    if figure["published"] is None:
        return ""
    return ", " + figure["verdict"].removesuffix(f" {figure['published']:.2f}").removesuffix(
        " from"
    )


def _figures_table(part):
    lines = []
    for figure in _attacked(part):
        published = figure["published"]
        head = [figure[key] for key in ("classifier", "role", "defence", "column")]
        head.append(figures_text.ABSENT if published is None else f"{published:.2f}")
        if "missing" in figure:
            ours = [f"missing: {figure['missing']}", *[figures_text.ABSENT] * 4]
        else:
            ours = [_accuracy(figure), figure["verdict"], _images(figure), figure["attack"]]
            ours.append(_short_commits(figure.get("git_commits", ())))
        lines.append([*head, *ours, figure["source"] or figures_text.ABSENT])
    return _table("Every figure with its attack and its source", _FIGURES, lines, is_detail=True)


def _trend_table(part):
    lines = [
        [
            figure["classifier"],
            figure["defence"],
            figure["column"],
            ", ".join(map(figures_text.format_percent, figure["after_restarts"])),
        ]
        for figure in part["figures"]
        if len(figure.get("after_restarts", ())) > 1
    ]
    headings = ("classifier", "defence", "column", "robust % after each round")
    return _table("Trend over restarts", headings, lines, "Of the first seed.", is_detail=True)


def _corruptions_table(part):
    cells, labels = {}, {}
    for figure in part["figures"]:
        if not figure["column"].startswith(f"{CORRUPTION} "):
            continue
        label = f"{figure['classifier']}, {figure['defence']}"
        labels[label] = None
        text = _accuracy(figure) + _mark(figure)
        if figure["difference"] is not None:
            text = f"{figures_text.format_difference(figure['difference'])}: {text}"
        cells.setdefault(figure["column"].removeprefix(f"{CORRUPTION} "), {})[label] = text
    lines = [
        [
            figures_text.format_type(kind),
            *(by_label.get(label, figures_text.ABSENT) for label in labels),
        ]
        for kind, by_label in cells.items()
    ]
    caption = (
        "Before the colon the difference to the same classifier without a defence in percentage "
        "points (figure 1), then the accuracy, mean over severities."
    )
    return _table("Corruptions", ("type", *labels), lines, caption)


def _errors_table(part):
    lines = [
        [
            error["loss"],
            f"{error['mean_squared_error']:.5f} ± {error['standard_error']:.5f}",
            figures_text.format_count(error["num_examples"]),
        ]
        for error in part["reconstructions"]
    ]
    headings = ("loss", "squared error per pixel", "images")
    return _table("Errors of reconstruction", headings, lines, "On clean images, ± standard error.")


def _trainings_table(part):
    lines = [
        [
            training["defence"],
            ", ".join(training["classifiers"]),
            str(training["seed"]),
            training["recipe"],
            figures_text.format_count(training["train_steps"]),
            f"{training['seconds']:.0f}",
            figures_text.format_count(training["num_gradient_evaluations"]),
            _short_commits([training["git_commit"]]),
        ]
        for training in part["trainings"]
    ]
    headings = (
        "defence", "classifiers", "seed", "recipe", "updates", "seconds", "example gradients",
        "commit",
    )  # fmt: skip
    return _table("Trainings of the defences", headings, lines, is_detail=True)


def _accuracy(figure):
    text = figures_text.format_figure(figure["accuracy"], figure["interval"], is_subset=True)
    num_seeds, num_missing = len(figure["by_seed"]), figure["seeds_missing"]
    if figure["deviation"] is not None:
        deviation = figures_text.format_percent(figure["deviation"])
        text += f", mean of {num_seeds} seeds ± {deviation}"
    return text + (f", {num_missing} more seed(s) missing" if num_missing else "")


def _short_commits(commits):
    """Seven digits of each, "+" kept where the files differed from it."""
    return ", ".join(c[:7] + "+" * c.endswith("+") for c in commits if c) or figures_text.ABSENT


def _images(figure):
    count = figures_text.format_count
    return f"{count(figure['num_examples'])} of {count(figure['num_available'])}"
