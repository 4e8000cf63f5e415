"""Texts of single figures in the tables of an experiment."""

from aaa_tf.evaluation import figures_text
from aaa_tf.experiments.paper_corruptions import CORRUPTION


def make_table(title, headings, lines, caption="", is_detail=False) -> dict:
    """A table of text; `is_detail`: whether a page folds it away."""
    return {
        "title": title,
        "caption": caption,
        "headings": headings,
        "lines": lines,
        "is_detail": is_detail,
    }


def format_accuracy(figure) -> str:
    """Percent and interval, with the seeds where there are several."""
    text = figures_text.format_figure(figure["accuracy"], figure["interval"], is_subset=True)
    num_seeds, num_missing = len(figure["by_seed"]), figure["seeds_missing"]
    if figure["deviation"] is not None:
        deviation = figures_text.format_percent(figure["deviation"])
        text += f", mean of {num_seeds} seeds ± {deviation}"
    return text + (f", {num_missing} more seed(s) missing" if num_missing else "")


def format_seeds(seeds: int) -> str:
    """How many trainings a figure is of, for the head of a page."""
    if seeds == 1:
        return "One training seed"
    return (
        f"{seeds} training seeds where a figure is a mean of them, else one; the brackets of a "
        "mean reach from the lowest to the highest end of its seeds' intervals"
    )


def format_mark(figure) -> str:
    """What a figure is: ", above by 2.87" (points), ", not told apart", ", smoke", or ""."""
    if figure["verdict"].startswith("smoke"):
        return ", smoke"
    if figure["published"] is None:
        return ""
    word = figure["verdict"].split()[0]
    if word == "not":
        return ", not told apart"
    distance = abs(figure["accuracy"] - figure["published"] / 100)
    return f", {word} by {figures_text.format_percent(distance)}"


def format_commits(commits) -> str:
    """Seven digits of each, "+" kept where the files differed from it."""
    return ", ".join(c[:7] + "+" * c.endswith("+") for c in commits if c) or figures_text.ABSENT


def format_images(figure) -> str:
    """How many of the test images: "1,000 of 10,000"."""
    count = figures_text.format_count
    return f"{count(figure['num_examples'])} of {count(figure['num_available'])}"


def attacked_figures(part) -> list:
    """The figures that are not of a corruption."""
    return [f for f in part["figures"] if not f["column"].startswith(f"{CORRUPTION} ")]
