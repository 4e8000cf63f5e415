"""Several reports side by side in the terminal.

    print(format_comparison(compare_reports(reports), against=88.5))

Oblivious columns stand behind the adaptive ones and say so. `--against` is answered for adaptive
figures only: what holds against an adversary that does not know the defence proves nothing.
"""

import itertools
import textwrap

from aaa_tf.evaluation import figures_text

# As wide as a figure with its interval.
_HEADING_WIDTH = 23


def format_comparison(comparison, *, against: float | None = None) -> str:
    """The reports, what differs between them, the table, and verdicts.

    Args:
        comparison: Comparison.
        against: a published accuracy in percent to hold each adaptive figure against.
    """
    told = [*_report_lines(comparison), *comparison.notes, *comparison.doubts]
    lines = [*told, "", *_table_lines(comparison)]
    if any(column.adversary == "oblivious" for column in comparison.columns):
        lines += ["", "oblivious: the attack knows the bare classifier only, not the defence"]
    if against is not None:
        lines += ["", *_verdict_lines(comparison, against)]
    return "\n".join(lines)


def describe_report(report: dict) -> str:
    """Title, data, number of images and suite of a report in one line."""
    count = figures_text.format_count
    return (
        f"{report['title']}: {report['dataset']}, "
        f"{count(report['num_examples'])} of {count(report['num_available'])} "
        f"{report['split']} images, suite {report['protocol']['suite']}"
    )


def verdicts(comparison, against: float) -> list[tuple]:
    """(Row, ColumnKey, verdict) for every adaptive figure; see `figures_text.tell_apart`."""
    return [
        (row, column, figures_text.tell_apart(row.figures[column].interval, against))
        for row in comparison.rows
        for column in comparison.columns
        if column.adversary == "adaptive" and column in row.figures
    ]


def _report_lines(comparison):
    return [
        f"{number}  {name}  {describe_report(report)}"
        for number, (name, report) in enumerate(comparison.reports.items(), 1)
    ]


def _table_lines(comparison):
    columns = comparison.columns
    table = [
        ["", "classifier", "role", "defence", "images"]
        + ["\n".join(textwrap.wrap(heading, _HEADING_WIDTH)) for heading in columns.values()]
    ]
    for row in comparison.rows:
        content = row.content
        table.append(
            [
                str(row.number),
                *(content[key] for key in ("classifier", "role", "defence")),
                figures_text.format_count(content["num_examples"]),
                *(_cell(row.figures.get(column)) for column in columns),
            ]
        )
    return _align([[cell.split("\n") for cell in line] for line in table])


def _cell(figure):
    if figure is None:
        return figures_text.ABSENT
    return f"{figure.text}\n{figure.seeds}" if figure.seeds else figure.text


def _align(table):
    """Lines of a table whose cells are lists of lines; columns two spaces apart."""
    widths = [
        max(len(text) for cell in column for text in cell) for column in zip(*table, strict=True)
    ]
    return [
        "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()
        for line in table
        for texts in itertools.zip_longest(*line, fillvalue="")
    ]


def _verdict_lines(comparison, against):
    return [
        f"{row.label}, {comparison.columns[column]}: "
        f"{figures_text.format_percent(row.figures[column].accuracy)} is {verdict}"
        for row, column, verdict in verdicts(comparison, against)
    ]
