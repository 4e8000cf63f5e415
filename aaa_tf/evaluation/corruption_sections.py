"""What the pages show of accuracy under common corruptions: bars and tables.

Rows share a picture only where name, number of images and data set of the corruptions agree.

Reference: Vaishnavi et al. 2020, figure 1.
"""

from markupsafe import Markup

from aaa_tf.evaluation import plots
from aaa_tf.evaluation.comparison import row_name
from aaa_tf.evaluation.corruption_means import difference_of_means, mean_over_severities
from aaa_tf.evaluation.figures_text import ABSENT, format_difference, format_percent, format_type
from aaa_tf.evaluation.svg import page_colour

_OWN = "the same classifier without a defence"


def gather_corruptions(rows, baseline=None) -> list[dict]:
    """Bars of accuracy by corruption type: as such, or as the difference to a baseline.

    Args:
        rows: list of comparison.Row.
        baseline: "CLASSIFIER/DEFENCE" of the row to subtract; "" for each classifier's own without
            a defence, as in the paper's figure 1; None for no subtraction. Among rows of one name
            the first counts that measured the same corruptions.

    Returns:
        One dict for each set of corruptions on each data set: `name`, `num_images` (None where
        it is not told), `data`, `labels`,
        `baseline` (what is subtracted, or ""), `legend` of (colour, label), `picture`, `table` of
        (type, texts), `notes` of the rows, and `left_out`, the labels of rows that cannot be
        compared because no baseline measured these corruptions.
    """
    groups = {}
    for index, row in enumerate(rows):
        if row.content.get("corruptions"):
            corruptions = row.content["corruptions"]
            key = (corruptions["name"], corruptions.get("num_examples"), row.data)
            groups.setdefault(key, []).append((index, row))
    return [_make_group(*key, members, baseline) for key, members in groups.items()]


def gather_severities(rows) -> list[dict]:
    """Accuracy by type and severity of each row that measured more than one severity.

    Returns:
        Dicts with `label`, `severities` and `table` of (type, texts).
    """
    groups = []
    for row in rows:
        accuracy = row.content.get("corruptions", {}).get("accuracy", {})
        severities = list(dict.fromkeys(s for values in accuracy.values() for s in values))
        if len(severities) > 1:
            table = [
                (
                    format_type(kind),
                    [format_percent(v[s]) if s in v else ABSENT for s in severities],
                )
                for kind, v in accuracy.items()
            ]
            groups.append({"label": row.label, "severities": severities, "table": table})
    return groups


def _make_group(name, num_images, data, members, baseline):
    notes = (note for _, row in members for note in row.content["corruptions"].get("notes", []))
    group = {
        "name": name,
        "num_images": num_images,
        "data": data,
        "notes": list(dict.fromkeys(notes)),
    }
    if baseline is None:
        series = [(row.label, index, mean_over_severities(row.content)) for index, row in members]
        return group | {"baseline": "", "left_out": []} | _draw(series, format_percent)
    held = [(row, index, _find_reference(row, members, baseline)) for index, row in members]
    series = [
        (row.label, index, difference_of_means(row.content, reference.content))
        for row, index, reference in held
        if reference is not None and reference is not row
    ]
    labels = dict.fromkeys(reference.label for _, _, reference in held if reference)
    return (
        group
        | {
            "baseline": next(iter(labels)) if len(labels) == 1 else _OWN,
            "left_out": [row.label for row, _, reference in held if reference is None],
        }
        | _draw([values for values in series if values[2]], format_difference)
    )


def _find_reference(row, members, baseline):
    """What a row is held against, itself if it is a natural classifier; None where it is absent."""
    name = baseline or f"{row.content['classifier']}/none"
    named = [other for _, other in members if row_name(other.content) == name]
    if not baseline:
        # Classifiers of one name in two reports may be two.
        named.sort(key=lambda other: other.number != row.number)
    return next(iter(named), None)


def _draw(series, form):
    """Picture and table of (label, index of its colour, type -> value)."""
    kinds = list(dict.fromkeys(kind for _, _, values in series for kind in values))
    table = [
        (
            format_type(kind),
            [form(values[kind]) if kind in values else ABSENT for _, _, values in series],
        )
        for kind in kinds
    ]
    is_difference = form is format_difference
    return {
        "labels": [label for label, _, _ in series],
        "legend": [(page_colour(index), label) for label, index, _ in series],
        "picture": Markup(plots.draw_bars(series, is_difference=is_difference) if series else ""),
        "table": table,
    }
