"""What a reader must know of our figures: other models, data or corruptions than the paper's.

notes = make_notes(part, budget, dataset, reports)
"""

# Of MNIST, Fashion-MNIST and CIFAR-10 alike.
_NUM_TEST_IMAGES = 10_000


def make_notes(part, budget, dataset, reports):
    """Lines without a full stop, each once.

    Args:
        part: paper.Part.
        budget: Budget.
        dataset: the Dataset that is measured.
        reports: (index of a row, training seed) -> report of it, as far as there are any.
    """
    letters = dict.fromkeys([*part.natives, *(row.classifier for row in part.rows)])
    notes = [
        f"{budget.model_name(letter)} stands for {letter} within this budget"
        for letter in letters
        if budget.model_name(letter) != letter
    ]
    num_images = len(dataset.test.labels)
    if dataset.name == part.dataset and num_images < _NUM_TEST_IMAGES:
        notes.append(
            f"the data at hand are a part of {dataset.name}, {num_images:,} of its "
            f"{_NUM_TEST_IMAGES:,} test images"
        )
    for report in reports.values():
        found = report["rows"][0].get("corruptions", {}).get("notes", ())
        notes += [f"our corruptions: {note}" for note in found]
    return list(dict.fromkeys(notes))
