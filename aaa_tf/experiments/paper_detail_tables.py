"""Tables behind those of the paper: restarts, corruptions, reconstructions and trainings.

Each takes a part of the results of `reproduce`, and gives a table as of `paper_cells.make_table`,
without lines where the part has nothing of the kind.
"""

from aaa_tf.evaluation import figures_text
from aaa_tf.experiments.paper_cells import format_accuracy, format_commits, format_mark, make_table
from aaa_tf.experiments.paper_corruptions import CORRUPTION

_ORIGIN = ("rows", "machine", "command", "recorded")


def trend_table(part) -> dict:
    """The share that survives each round of the attacks that have several."""
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
    return make_table("Trend over restarts", headings, lines, "Of the first seed.", is_detail=True)


def corruptions_table(part) -> dict:
    """One line a type of corruption, one cell a row of the experiment."""
    cells, labels = {}, {}
    for figure in part["figures"]:
        if not figure["column"].startswith(f"{CORRUPTION} "):
            continue
        label = f"{figure['classifier']}, {figure['defence']}"
        labels[label] = None
        text = format_accuracy(figure) + format_mark(figure)
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
    return make_table("Corruptions", ("type", *labels), lines, caption)


def errors_table(part) -> dict:
    """The error of reconstruction of each loss."""
    lines = [
        [
            error["loss"],
            f"{error['mean_squared_error']:.5f} ± {error['standard_error']:.5f}",
            figures_text.format_count(error["num_examples"]),
        ]
        for error in part["reconstructions"]
    ]
    headings = ("loss", "squared error per pixel", "images")
    return make_table(
        "Errors of reconstruction", headings, lines, "On clean images, ± standard error."
    )


def trainings_table(part) -> dict:
    """How each defence was trained, and what it cost."""
    lines = [
        [
            training["defence"],
            ", ".join(training["classifiers"]),
            str(training["seed"]),
            _recipe_as_run(training),
            figures_text.format_count(training["train_steps"]),
            f"{training['seconds']:.0f}",
            figures_text.format_count(training["num_gradient_evaluations"]),
            format_commits([training["git_commit"]]),
        ]
        for training in part["trainings"]
    ]
    headings = (
        "defence", "classifiers", "seed", "recipe", "updates", "seconds", "example gradients",
        "commit",
    )  # fmt: skip
    return make_table("Trainings of the defences", headings, lines, is_detail=True)


def _recipe_as_run(training):
    """The recipe, and the attack steps of the last update where the guard had added some."""
    planned = training.get("config", {}).get("num_steps", 0)
    last = training.get("last_num_steps", 0)
    return f"{training['recipe']}; PGD-{last} at the end" if last > planned else training["recipe"]


def origins_table(part) -> dict:
    """Which command measured which rows on which machine, where it was not one for all."""
    origins = part.get("origins", ())
    lines = [
        [", ".join(origin[key]) if key == "rows" else origin[key] for key in _ORIGIN]
        for origin in origins
    ]
    lines = lines if len(lines) > 1 else []
    return make_table("Where the rows were measured", _ORIGIN, lines, is_detail=True)
