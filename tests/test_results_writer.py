from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper import load_experiment
from aaa_tf.experiments.results_writer import make_notes


def test_notes_name_models_that_are_not_the_papers_and_corruptions_once():
    (part,) = load_experiment("figure1").parts
    report = {"rows": [{"corruptions": {"notes": ["frost is drawn"]}}]}
    reports = {(0, 0): report, (1, 0): report, (2, 0): {"rows": [{}]}}
    notes = make_notes(part, BUDGETS["cpu"], reports)
    assert notes == [
        "madry_cifar10_narrow stands for D within this budget",
        "our corruptions: frost is drawn",
    ]
    assert make_notes(part, BUDGETS["paper"], {}) == []
