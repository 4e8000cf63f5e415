import pytest

from aaa_tf.evaluation.comparison import compare_reports
from aaa_tf.evaluation.comparison_text import format_comparison
from tests.comparison_inputs import headings
from tests.made_up_report import make_report


def test_the_same_protocol_shares_columns():
    comparison = compare_reports({"a": make_report(), "b": make_report(title="other")})
    assert headings(comparison) == ["PGD-100, Linf 0.3", "CW, L2 3", "AutoAttack, Linf 0.3"]
    assert comparison.notes == []
    assert [row.label for row in comparison.rows][5:7] == ["1: C/AAA", "2: A/none"]


def test_another_attack_under_the_same_name_makes_another_column():
    report = make_report()
    del report["protocol"]["columns"][2]["attacks"][3]
    comparison = compare_reports({"a": make_report(), "b": report})
    assert len(headings(comparison)) == 4
    assert "Square num_steps not told" in headings(comparison)[3]


@pytest.mark.parametrize("changes", [{"dataset": "digits"}, {"split": "validation"}])
def test_another_data_set_shares_no_column(changes):
    comparison = compare_reports({"a": make_report(), "b": make_report(**changes)})
    assert len(headings(comparison)) == 6
    assert headings(comparison, "clean")[0] == "mnist test (10,000), clean"
    assert "differ in data set" in comparison.notes[0]
    for column in comparison.columns:
        assert len({row.number for row in comparison.rows if column in row.figures}) == 1


def test_other_images_of_the_same_name_share_no_column():
    def of(images, **changes):
        return make_report(dataset="my.npz", data_sha256=10 * images, **changes)

    comparison = compare_reports({"a": of("0123abcd"), "b": of("4567abcd"), "c": of("0123abcd")})
    names = ["my.npz test (10,000), images 0123abcd", "my.npz test (10,000), images 4567abcd"]
    assert headings(comparison, "clean") == [f"{name}, clean" for name in names]
    assert comparison.notes == [
        f"The reports differ in data set: {names[0]} in 1, 3; {names[1]} in 2."
    ]
    # Of another number of images, or of a report from before, nothing is known.
    for other in (of("4567abcd", num_examples=500), make_report(dataset="my.npz")):
        assert len(headings(compare_reports({"a": of("0123abcd"), "b": other}), "clean")) == 1


def test_adaptive_and_oblivious_figures_never_share_a_column():
    comparison = compare_reports({"": make_report()})
    order = [column.adversary for column in comparison.columns]
    assert order == ["clean", "adaptive", "adaptive", "adaptive", "oblivious"]
    texts = [row.figures.get(list(comparison.columns)[4]) for row in comparison.rows]
    assert [text is None for text in texts] == [True, False] * 3


def test_interval_goes_once_all_images_were_measured():
    def first_figure(report):
        row = compare_reports({"": report}).rows[1]
        return next(f.text for c, f in row.figures.items() if c.adversary == "adaptive")

    assert first_figure(make_report()) == "93.40 (91.69 to 94.78)"
    assert first_figure(make_report(num_available=1000)) == "93.40"


def test_rows_that_raise_checks_are_named():
    doubt = (
        "C/AAA raises checks of gradient masking (Square beats the gradient), so stronger attacks "
        "very likely exist."
    )
    comparison = compare_reports({"a": make_report(), "b": make_report()})
    assert comparison.doubts == [f"1: {doubt}", f"2: {doubt}"]
    assert doubt in format_comparison(comparison)
    report = make_report()
    for row in report["rows"]:
        row["checks"] = []
    assert compare_reports({"": report}).doubts == []
