"""Writes the figures of a measured table into a shipped model: report, manifest and model card.

    TABLE=results/table5_cpu/losses.json
    .venv/bin/python benchmarks/ship.py fashion_mnist_xent_mse --results=$TABLE

The folder saved_models/<name>/ is there already: autoencoder.keras, config.json and metrics.csv of
the training, classifiers.json, and 1/ from `bin/wrap_classifier` on the first native. Of the table
it takes the rows without a defence and those of this loss; the card tells the mean of all trainings
too, from results.json beside the table. report.json gets three more entries, `short_clean`,
`short_pgd` and `short_apgd_l2`: how many of the first 100 test images are right when clean, and
what PGD-10 and APGD-L2 of 20 steps leave, which a test counts again.
"""

import argparse
import json
import pathlib

from aaa_tf import files
from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from aaa_tf.evaluation.report_schema import load_report
from aaa_tf.experiments.job_classifiers import read_classifiers
from aaa_tf.experiments.measurements import measurements_from_report
from aaa_tf.experiments.row_reports import merge_reports, only_row
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.models.pretrained import find_pretrained
from aaa_tf.serving import manifest as manifest_module
from aaa_tf.serving import model_card

NUM_IMAGES = 100


def defence_of(folder, report):
    """What a table calls the autoencoder in a folder: "AAA xent_mse" for mnist_xent_mse."""
    return "AAA " + folder.name.partition(f"{report['dataset']}_")[2]


def rows_of(folder, report):
    """Classifier -> the row of this model: a table has other losses and defences too."""
    defence = defence_of(folder, report)
    return {row["classifier"]: row for row in report["rows"] if row["defence"] == defence}


def load_classifiers(folder):
    """Name -> FrozenClassifier of classifiers.json, the first native first."""
    found = read_classifiers(folder)
    return {named["name"]: load_classifier(path, **options) for path, named, options in found}


def count_short(folder, report, split):
    """Clean and under two short attacks: classifier with a row -> how many images are right."""
    autoencoder, first = load_autoencoder(folder), split.first(NUM_IMAGES)
    eps = report["protocol"]["columns"][0]["eps"]
    attacks = {
        "short_pgd": PGD(eps=eps, step_size=eps / 4, num_steps=10),
        "short_apgd_l2": APGD(eps=3.0, norm="L2", num_steps=20),
    }
    counts = {name: {} for name in ("short_clean", *attacks)}
    for letter, classifier in load_classifiers(folder).items():
        if letter in rows_of(folder, report):
            logits_fn = make_defended_logits_fn(autoencoder, classifier.logits_fn)
            for name, attack in attacks.items():
                attacked = run_attacks([attack], logits_fn, first.images, first.labels)
                counts["short_clean"][letter] = int(attacked.is_correct.sum())
                counts[name][letter] = int(attacked.is_robust.sum())
    return counts


def tell_of_trainings(results, classifier, defence):
    """A sentence on the trainings of which the first is shipped, from what results.json holds."""
    figures, num_trainings = results["parts"][0]["figures"], results["seeds"]
    found = [f for f in figures if (f["classifier"], f["defence"]) == (classifier, defence)]
    means = [
        f"{f['column']} {100 * f['accuracy']:.1f} ± {100 * f['deviation']:.1f}"
        for f in found
        if f["deviation"] is not None
    ]
    numbers = {len(f["by_seed"]) for f in found if f["deviation"] is not None}
    if numbers != {num_trainings}:
        raise InputError(
            f"{classifier}, {defence}: columns of {numbers}, not {num_trainings} seeds"
        )
    return (
        f"This is the first of {num_trainings} trainings of the autoencoder. Mean and deviation "
        f"of all: {', '.join(means)}."
    )


def write_card(folder, report, results):
    """Measurements of the first native into the manifest of version 1, and its model card anew."""
    defences = {"none": "none", defence_of(folder, report): "AAA"}
    rows = [row | {"defence": defences[row["defence"]]} for row in report["rows"]]
    path = folder / "1" / manifest_module.FILE_NAME
    manifest = json.loads(path.read_text())
    manifest["classifier"]["name"] = next(iter(load_classifiers(folder)))
    found = measurements_from_report(report | {"rows": rows}, manifest["classifier"]["name"])
    manifest["measurements"] = [measurement.to_dict() for measurement in found]
    remark = tell_of_trainings(results, manifest["classifier"]["name"], defence_of(folder, report))
    manifest["remarks"] = [remark]
    files.write_json(path, manifest)
    card = model_card.format_model_card(manifest)
    files.write_text(folder / "1" / model_card.FILE_NAME, card)


def main():
    """Parse, count, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the model in saved_models/")
    parser.add_argument(
        "--results", required=True, help="report of a part, as bin/reproduce wrote it"
    )
    arguments = parser.parse_args()
    folder, report = find_pretrained(arguments.name), load_report(arguments.results)
    kept = ("none", defence_of(folder, report))
    report["rows"] = [row for row in report["rows"] if row["defence"] in kept]
    report = merge_reports([only_row(report, row) for row in report["rows"]]) | {
        key: report[key] for key in ("command", "environment")
    }
    # What takes long, and what may be missing, before the first file is written.
    split = load_dataset(report["dataset"]).test
    report |= count_short(folder, report, split)
    results = json.loads(pathlib.Path(arguments.results).with_name("results.json").read_text())
    write_card(folder, report, results)
    files.write_json(folder / "report.json", report)
    short = {name: report[name] for name in ("short_clean", "short_pgd", "short_apgd_l2")}
    print(f"{folder / 'report.json'}: of {NUM_IMAGES} are right {short}")


if __name__ == "__main__":
    main()
