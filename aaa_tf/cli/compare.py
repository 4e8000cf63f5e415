"""Several reports side by side: a table in the terminal, and a page.

  bin/compare runs/mnist runs/other/report.json --output=compare.html
  bin/compare runs/mnist --against=88.5

Takes report.json files, or folders that hold one. Figures that were measured differently stand in
different columns, and what differs is named.
"""

import os

from absl import flags

from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError
from aaa_tf.evaluation import html
from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.comparison_text import format_comparison
from aaa_tf.evaluation.report_schema import load_report

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    flags.DEFINE_string("output", None, "file for the page, such as compare.html")
    flags.DEFINE_string(
        "baseline",
        None,
        'row that corruptions are shown relative to, as "CLASSIFIER/DEFENCE" '
        "(default: each classifier's own without a defence)",
    )
    flags.DEFINE_float(
        "against",
        None,
        "published accuracy in percent, such as 88.5, to hold adaptive figures against",
    )


def main(paths):
    """Read, compare, print, write."""
    if not paths:
        raise InputError("no report given; name report.json files or folders that hold one")
    _require_percent(FLAGS.against)
    reports = {}
    for path in paths:
        if any(os.path.samefile(path, known) for known in reports if os.path.exists(path)):
            raise InputError(f"{path} is given twice; name each report once")
        reports[path] = load_report(path)
    comparison = compare_reports(reports)
    html.require_baseline(comparison.rows, FLAGS.baseline)
    if FLAGS.output:
        html.write_comparison(
            comparison, FLAGS.output, baseline=FLAGS.baseline, against=FLAGS.against
        )
    print(format_comparison(comparison, against=FLAGS.against))


def _require_percent(against):
    if against is None or against == 0 or 1 <= against <= 100:
        return
    if 0 < against < 1:
        raise InputError(f"--against is in percent; for {against:g} write {100 * against:g}")
    raise InputError(f"--against must be from 0 to 100, a number of percent, not {against:g}")


def run():
    """Entry point."""
    run_command(define_flags, main, takes_arguments=True)


if __name__ == "__main__":
    run()
