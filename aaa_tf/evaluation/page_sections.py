"""What the pages show beside the table, gathered from the rows of one report or several.

Each function returns plain lists and dicts for the templates, empty where no report holds the
matter; nothing is estimated or filled in. Pictures come as SVG, already safe to show.
"""

from markupsafe import Markup

from aaa_tf.attacks.wording import format_threat
from aaa_tf.evaluation import plots
from aaa_tf.evaluation.check_catalogue import SKIPPED
from aaa_tf.evaluation.comparison_wording import mark_oblivious
from aaa_tf.evaluation.figures_text import ABSENT, format_count, format_percent

_KINDS = ("eps", "steps", "restarts")


def gather_checks(rows) -> list[dict]:
    """Checks of gradient masking, one entry a check: its texts, and what each row showed.

    Returns:
        Dicts with name, raised_if, meaning, advice, `is_raised` (by any row), `is_skipped` (for any
        row), `outcomes` as text and `found`, a list of (label, outcome, text); raised ones first.
        An outcome is "raised", "skipped" or "not raised".
    """
    texts = ("name", "raised_if", "meaning", "advice")
    checks = {}
    for row in rows:
        for check in row.content.get("checks", []):
            key = tuple(check[text] for text in texts)
            entry = checks.setdefault(key, dict(zip(texts, key, strict=True)) | {"found": []})
            entry["found"].append((row.label, _outcome(check), check["found"]))
    for entry in checks.values():
        outcomes = {outcome for _, outcome, _ in entry["found"]}
        entry["is_raised"], entry["is_skipped"] = "raised" in outcomes, "skipped" in outcomes
        entry["outcomes"] = "raised" if entry["is_raised"] else ", ".join(sorted(outcomes))
    return sorted(checks.values(), key=lambda entry: not entry["is_raised"])


def _outcome(check):
    if check["is_raised"]:
        return "raised"
    return "skipped" if check["found"].startswith(SKIPPED) else "not raised"


def gather_curves(rows) -> list[dict]:
    """Pictures of robust accuracy against eps, steps and restarts, all rows in one each.

    Rows of another data set have pictures of their own, and against steps and restarts those of
    other threat models too, because such curves are of one eps.

    Returns:
        Dicts with `kind`, `group` (what its rows have in common, where
        there are several pictures of a kind), `picture` and `table`, a list
        of (label, [(x, accuracy as text)]).
    """
    groups = {}
    for index, row in enumerate(rows):
        for kind, points in row.content.get("curves", {}).items():
            if kind in _KINDS and points:
                common = (row.data,) if kind == "eps" else (row.data, *row.threats)
                groups.setdefault((kind, common), []).append((row.label, index, points))
    ordered = sorted(groups.items(), key=lambda item: _KINDS.index(item[0][0]))
    kinds = [kind for kind, _ in groups]
    return [
        {
            "kind": kind,
            "group": ", ".join(common) if kinds.count(kind) > 1 else "",
            "picture": Markup(plots.draw_curves(kind, series)),
            "table": [
                (label, [(f"{x:g}", format_percent(accuracy)) for x, accuracy in points])
                for label, _, points in series
            ],
        }
        for (kind, common), series in ordered
    ]


def gather_convergence(rows) -> list[dict]:
    """Pictures of the loss of minimising attacks (CW), one an attack, all rows in it.

    Returns:
        Dicts with `attack`, `picture` and `legend` of (swatch, label).
    """
    series = {}
    for index, row in enumerate(rows):
        for column in row.content["columns"]:
            for attack, losses in column.get("loss_curves", {}).items():
                # Older reports have zeros behind the last step of an attack that ended.
                reached = [loss for loss in losses if loss > 0]
                if reached:
                    series.setdefault(attack, []).append((row.label, index, reached))
    return [
        {
            "attack": attack,
            "picture": Markup(plots.draw_losses(lines)),
            "legend": [
                (Markup(plots.draw_swatch(index, has_marker=False)), label)
                for label, index, _ in lines
            ],
        }
        for attack, lines in series.items()
    ]


def gather_legend(rows, has) -> list[tuple]:
    """(swatch, label) of each row whose content `has` something to show."""
    return [
        (Markup(plots.draw_swatch(index)), row.label)
        for index, row in enumerate(rows)
        if has(row.content)
    ]


def gather_surfaces(rows) -> list[tuple]:
    """(label, picture) of each row with a loss surface."""
    return [
        (row.label, Markup(plots.draw_surface(row.label, **_surface(row))))
        for row in rows
        if row.content.get("surface")
    ]


def gather_costs(rows) -> list[dict]:
    """One entry an attack of a column of a row: what it broke first, and what it cost.

    Returns:
        Dicts with `label`, `column`, `attack`, `counts` (images broken first, gradients, queries;
        None where the report does not say), and `seconds` of the column at its first attack.
    """
    entries = []
    for row, column in _columns(rows):
        counts = [column.get(key, {}) for key in ("broken_by", "num_gradients", "num_queries")]
        for place, attack in enumerate(dict.fromkeys(name for known in counts for name in known)):
            entries.append(
                {
                    "label": row.label,
                    "column": _column_name(column),
                    "attack": attack,
                    "counts": [known.get(attack) for known in counts],
                    "seconds": None if place else column.get("seconds"),
                }
            )
    return entries


def gather_classes(rows) -> list[dict]:
    """Accuracy by class, clean and in each column that has it, the rows of a report side by side.

    Returns:
        Dicts with `column`, `headings` ("images", then the labels of the rows) and `table` of
        (class, texts).
    """
    groups = {}
    for row, column in _columns(rows):
        if column.get("per_class"):
            # Clean accuracy is the same in every column of a row.
            groups.setdefault("clean", {}).setdefault(row.label, column["per_class"])
            groups.setdefault(_column_name(column), {})[row.label] = column["per_class"]
    return [_class_group(name, by_label) for name, by_label in groups.items()]


def _class_group(name, by_label):
    count = "num_correct" if name == "clean" else "num_robust"
    first = next(iter(by_label.values()))
    table = [
        (
            item["class"],
            [
                format_count(item["num_examples"]),
                *(_class_text(classes, item["class"], count) for classes in by_label.values()),
            ],
        )
        for item in first
    ]
    return {"column": name, "headings": ["images", *by_label], "table": table}


def _class_text(classes, name, count):
    found = next((item for item in classes if item["class"] == name), None)
    if not found or not found["num_examples"]:
        return ABSENT
    return format_percent(found[count] / found["num_examples"])


def _columns(rows):
    return ((row, column) for row in rows for column in row.content["columns"])


def _column_name(column):
    """Name and threat model, and the adversary where it is not the one to expect."""
    name = f"{column['name']}, {format_threat(column['norm'], column['eps'])}"
    return mark_oblivious(name, column["adversary"])


def _surface(row):
    surface = {key: row.content["surface"][key] for key in ("radii", "loss")}
    # Reports of before the norm was there went along signs, whatever the threat model.
    return surface | {"norm": row.content["surface"].get("norm", "Linf")}
