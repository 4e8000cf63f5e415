"""Which rows of a part are measured, in which order."""

from aaa_tf.experiments import paper_part
from aaa_tf.experiments.paper import load_experiment
from aaa_tf.experiments.reproduce import reproduce


def test_further_seeds_come_after_the_whole_table_and_are_of_the_headline():
    (part,) = load_experiment("table5").parts
    order = [(index, seed) for index, seed, _ in paper_part.order(part, 2)]
    # Those with AutoAttack twice: without it first.
    assert sorted(order[:14]) == sorted([(index, 0) for index in (8, 9, *range(12))])
    # The headline alone.
    assert order[14:] == [(8, 1), (9, 1), (8, 1), (9, 1)]
    (part,) = load_experiment("table2_mnist").parts
    order = [(index, seed) for index, seed, _ in paper_part.order(part, 2)]
    # Without a headline every row whose defence is trained.
    assert [part.rows[index].defence != "none" for index, seed in order if seed] == [True] * 6


def test_rows_with_most_columns_come_first_and_their_dear_columns_last():
    (part,) = load_experiment("table4").parts
    order = [(index, row.also) for index, _, row in paper_part.order(part, 1)]
    dear = ("AutoAttack",)
    assert order[-2:] == [(8, dear), (9, dear)]
    assert order[:-2] == [(index, ()) for index in (8, 9, *range(8), 10, 11)]


def test_rows_that_are_not_asked_for_are_missing(tmp_path):
    results = reproduce(
        "table4",
        budget="smoke",
        output=tmp_path / "out",
        runs_dir=tmp_path / "runs",
        rows=["A none", "C none"],
        log=lambda line: None,
    )
    (part,) = results["parts"]
    measured = {(f["defence"], f["classifier"]) for f in part["figures"] if "missing" not in f}
    assert measured == {("none", "A"), ("none", "C")}
    assert results["num_missing"] == sum("missing" in figure for figure in part["figures"]) > 0
    trained = {path.parent.name for path in tmp_path.glob("runs/*/*/checkpoints")}
    assert trained == {"digits_for_mnist_A_smoke", "digits_for_mnist_C_smoke"}
