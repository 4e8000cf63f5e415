"""What the page of results shows, and that smoke says so."""

from aaa_tf.experiments.paper_figures import make_figures
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_sections import make_sections
from tests.paper_results import PART, SMOKE, make_results, report_of, write_page


def test_smoke_is_marked_at_the_top(tmp_path):
    figures = make_figures(PART, SMOKE, {(0, 0): report_of(0), (1, 0): report_of(1)})
    results = make_results(figures, is_smoke=True, budget="smoke")
    markdown = format_markdown(results, pictures={})
    page = write_page(results, tmp_path / "results.html")
    assert markdown.index("Smoke") < markdown.index("##")
    assert page.index("Smoke: measures nothing") < page.index("Losses")
    (table,) = (t for t in make_sections(results)[0]["tables"] if "clean" in t["headings"])
    assert len(table["lines"]) == 2
    for line in table["lines"]:
        assert all(cell.endswith(", smoke") for cell in line[3:])


def test_trainings_stand_with_their_recipe_and_commit():
    results = make_results([])
    training = {
        "defence": "AAA xent", "classifiers": ["A", "B"], "seed": 0, "recipe": "PGD-3, step 0.25",
        "git_commit": "0123456789abcdef+", "train_steps": 12000, "seconds": 1469.4,
        "num_gradient_evaluations": 6067200,
    }  # fmt: skip
    planned = training | {"config": {"num_steps": 3}, "last_num_steps": 3}
    doubled = planned | {"last_num_steps": 6}
    results["parts"][0]["trainings"] = [training, planned, doubled]
    (section,) = make_sections(results)
    (table,) = section["tables"]
    assert table["title"] == "Trainings of the defences"
    assert table["lines"] == [
        ["AAA xent", "A, B", "0", recipe, "12,000", "1469", "6,067,200", "0123456+"]
        for recipe in (
            "PGD-3, step 0.25",
            "PGD-3, step 0.25",
            "PGD-3, step 0.25; PGD-6 at the end",
        )
    ]
