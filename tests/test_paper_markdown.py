"""Results as Markdown, held against the page."""

from aaa_tf.experiments.paper_figures import make_figures
from aaa_tf.experiments.paper_markdown import format_markdown
from tests.paper_results import CPU, PART, make_results, report_of, write_page


def test_markdown_and_page_tell_the_same_and_hide_nothing(tmp_path):
    results = make_results(make_figures(PART, CPU, {(1, 0): report_of(1)}))
    markdown = format_markdown(results, pictures={})
    page = write_page(results, tmp_path / "results.html")
    for text in (
        "97.00 / 93.40 (91.69 to 94.78), below by 3.60",
        "95.10 / 95.10 (93.58 to 96.27), not told apart",
        "- / 90.20 (88.20 to 91.89)",
        "99.00 / missing",
        "below 97.00",
        "table 4, row 2",
        "PGD-100, Linf 0.3, step 0.01, 100 steps, 50 restart(s)",
        "1,000 of 10,000",
        "missing: not evaluated yet; the same command goes on",
        "93.90, 93.40",
        "Note: our corruptions: frost is drawn.",
        "bin/reproduce --experiment=table4",
    ):
        assert text in markdown
        assert text in page
    assert "**3 figure(s) are missing" in markdown
    assert "3 figures are missing" in page
    assert "MNIST &lt;b&gt;" in page
    assert "<so>" not in page
    assert "Smoke" not in page + markdown
