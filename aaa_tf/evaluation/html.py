"""Reports as one HTML page that needs nothing else: no network, no script, no font, no file.

    write_html(report, run_dir / "report.html", examples=numpy.load(run_dir / "examples.npz"))
    write_comparison(compare_reports(reports), "compare.html", against=88.5)

The templates beside this module hold the wording and the style; `page_sections` gathers what they
show. All text of a report is escaped, because names of classifiers and titles are anybody's.
"""

import functools
import json

import jinja2
import markupsafe

from aaa_tf import files
from aaa_tf.attacks.wording import format_threat
from aaa_tf.errors import require_known
from aaa_tf.evaluation import (
    comparison_text,
    corruption_sections,
    figures_text,
    page_sections,
    thumbnails,
)
from aaa_tf.evaluation.comparison import compare_reports, row_name

# Characters of a label that fit into the first column of a table.
_WHOLE_LABEL = 16
_GROUPS = (
    ("clean", "no attack"),
    ("adaptive", "adaptive: attacks the whole pipeline"),
    ("given", "given: images that somebody else made"),
    ("oblivious", "oblivious: attacks the bare classifier only"),
)


def write_html(report: dict, path, *, examples=None):
    """Writes the page of one report.

    Args:
        report: a report of schema 1, see `report_schema`.
        path: file to write, atomically.
        examples: mapping of arrays as in examples.npz (see `thumbnails.make_grid`), or None for
            a page without images.

    Returns:
        The path.
    """
    comparison = compare_reports({"": report})
    rows = comparison.rows
    checks = page_sections.gather_checks(rows)
    grid = thumbnails.make_grid(examples, report["class_names"]) if examples is not None else []
    text = (
        _environment()
        .get_template("report.html")
        .render(
            title=report["title"],
            report=report,
            checks=checks,
            grid=grid,
            convergence=page_sections.gather_convergence(rows),
            surfaces=page_sections.gather_surfaces(rows),
            corruptions=corruption_sections.gather_corruptions(rows),
            costs=page_sections.gather_costs(rows),
            classes=page_sections.gather_classes(rows),
            severities=corruption_sections.gather_severities(rows),
            **_shared_parts(comparison),
        )
    )
    return files.write_text(path, text)


def write_comparison(comparison, path, *, baseline: str | None = None, against=None):
    """Writes the page that shows several reports side by side.

    Args:
        comparison: Comparison.
        path: file to write, atomically.
        baseline: "CLASSIFIER/DEFENCE" that corruptions are shown relative to; None: each
            classifier's own without a defence, as in the paper's figure 1.
        against: published accuracy in percent to hold adaptive figures against, or None.

    Returns:
        The path.

    Raises:
        InputError: if no row has the baseline's name.
    """
    require_baseline(comparison.rows, baseline)
    found = comparison_text.verdicts(comparison, against) if against is not None else []
    text = (
        _environment()
        .get_template("compare.html")
        .render(
            title="Comparison of robustness reports",
            comparison=comparison,
            described=[comparison_text.describe_report(r) for r in comparison.reports.values()],
            verdicts={(row.label, column): verdict for row, column, verdict in found},
            against=against,
            corruptions=corruption_sections.gather_corruptions(comparison.rows, baseline or ""),
            baseline=baseline,
            **_shared_parts(comparison),
        )
    )
    return files.write_text(path, text)


def write_reproduction(page: dict, path):
    """Writes the page that shows our figures beside published ones.

    Args:
        page: `title`, `results`, `sections` of `experiments.paper_sections` and `pictures`, part ->
            (headings, lines of data URIs).
        path: file to write, atomically.

    Returns:
        The path.
    """
    text = _environment().get_template("reproduction.html").render(**page)
    return files.write_text(path, text)


def require_baseline(rows, baseline: str | None) -> None:
    """Raises InputError if no row has the name of a baseline, listing those there are."""
    if baseline is not None:
        require_known("baseline row", baseline, {row_name(row.content) for row in rows})


def _shared_parts(comparison):
    rows = comparison.rows
    columns = comparison.columns
    groups = [
        (text, [column for column in columns if column.adversary == adversary])
        for adversary, text in _GROUPS
    ]
    return {
        "rows": rows,
        "columns": columns,
        "groups": [(text, members) for text, members in groups if members],
        "has_intervals": any(f.is_subset for row in rows for f in row.figures.values()),
        "curves": page_sections.gather_curves(rows),
        "curve_legend": page_sections.gather_legend(rows, lambda row: row.get("curves")),
    }


@functools.cache
def _environment():
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("aaa_tf.evaluation"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": figures_text.format_percent,
        "count": figures_text.format_count,
        "plain": _plain,
        "breakable": _breakable,
    }
    environment.globals |= {
        "absent": figures_text.ABSENT,
        "threat": format_threat,
    }
    return environment


def _breakable(label):
    """A row's label; a long one, of a path, may be broken after each slash, not within a word."""
    if len(label) <= _WHOLE_LABEL:
        return label
    return markupsafe.escape(label).replace("/", markupsafe.Markup("/<wbr>"))


def _plain(value):
    """A value of a configuration or an environment: text as it is, the rest as in JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value)
