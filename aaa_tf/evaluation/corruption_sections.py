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


def gather_corruptions(rows, baseline=None) -> list[dict]:
    """Bars of accuracy by corruption type: as such, or as the difference to a baseline.

    Args:
        rows: list of comparison.Row.
        baseline: "CLASSIFIER/DEFENCE" of the row to subtract, or None for no subtraction. Among
            rows of that name the first counts that measured the same corruptions.

    Returns:
        One dict for each set of corruptions on each data set: `name`, `num_images` (None where
        it is not told), `data`, `labels`,
        `baseline` (its label, or ""), `legend` of (colour, label), `picture`, `table` of
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
    reference, form = None, format_percent
    if baseline is not None:
        reference = next((row for _, row in members if row_name(row.content) == baseline), None)
        form = format_difference
    notes = (note for _, row in members for note in row.content["corruptions"].get("notes", []))
    group = {
        "name": name,
        "num_images": num_images,
        "data": data,
        "baseline": reference.label if reference else "",
        "notes": list(dict.fromkeys(notes)),
    }
    if baseline is not None and reference is None:
        return group | {"left_out": [row.label for _, row in members], "picture": ""}
    measured = ((row, index, _values(row, reference)) for index, row in members)
    series = [
        (row.label, index, values)
        for row, index, values in measured
        if values and row is not reference
    ]
    kinds = list(dict.fromkeys(kind for _, _, values in series for kind in values))
    table = [
        (
            format_type(kind),
            [form(values[kind]) if kind in values else ABSENT for _, _, values in series],
        )
        for kind in kinds
    ]
    picture = plots.draw_bars(series, is_difference=reference is not None) if series else ""
    return group | {
        "left_out": [],
        "labels": [label for label, _, _ in series],
        "legend": [(page_colour(index), label) for label, index, _ in series],
        "picture": Markup(picture),
        "table": table,
    }


def _values(row, reference):
    if reference is None:
        return mean_over_severities(row.content)
    return difference_of_means(row.content, reference.content)
