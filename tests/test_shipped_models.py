"""The models in saved_models/ are what their reports and the index say."""

import json
import pathlib
import runpy

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.runner import compute_logits
from aaa_tf.data import Split
from aaa_tf.evaluation.report_schema import load_report
from aaa_tf.models import pretrained
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import fingerprint
from aaa_tf.models.loading import load_autoencoder
from benchmarks.restore_runs import in_keras_order
from tests.command_line import succeed
from tests.conftest import find_prepared, load_prepared

ship = runpy.run_path(str(pathlib.Path(__file__).parents[1] / "benchmarks" / "ship.py"))
rows_of, load_classifiers = ship["rows_of"], ship["load_classifiers"]
FIXTURES = pathlib.Path(__file__).parent / "fixtures"
NAMES = ("fashion_mnist_xent_mse", "mnist_xent_mse")


@pytest.fixture(scope="module", params=NAMES)
def folder(request):
    return pretrained.find_pretrained(request.param)


@pytest.fixture(scope="module")
def report(folder):
    return load_report(folder / "report.json")


def test_nothing_else_has_a_name_and_all_is_below_60_megabytes():
    assert pretrained.pretrained_names() == NAMES
    folders = [pretrained.FOLDER / name for name in NAMES]
    # What users export beside version 1 is theirs.
    files = [path for folder in folders for path in (*folder.iterdir(), *folder.rglob("1/**/*"))]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 60e6


def test_the_index_has_the_figures_of_the_reports(folder, report):
    index = (pretrained.FOLDER / "README.md").read_text()
    rows = rows_of(folder, report)
    assert rows
    for name, row in rows.items():
        columns = [c["robust_accuracy"] for c in row["columns"] if c["adversary"] == "adaptive"]
        figures = " | ".join(f"{100 * value:.1f}" for value in (row["clean_accuracy"], *columns))
        assert f"| `{folder.name}` | {name}, {row['role']} | {figures} |" in index


def test_the_pipeline_is_of_the_weights_beside_it(folder):
    manifest = json.loads((folder / "1/assets.extra/aaa_manifest.json").read_text())
    autoencoder = load_autoencoder(folder)
    assert manifest["autoencoder"]["sha256"] == fingerprint(autoencoder.variables)
    classifier = next(iter(load_classifiers(folder).values()))
    assert manifest["classifier"]["sha256"] == fingerprint(in_keras_order(classifier.variables))


def test_the_pipeline_computes_what_its_parts_do(folder):
    """As it is served, without any data set: random images, also of the training's kind."""
    served = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    autoencoder = load_autoencoder(folder)
    classifier = next(iter(load_classifiers(folder).values()))
    images = np.random.default_rng(0).random((32, *autoencoder.input_shape[1:]), np.float32)
    images[16:] = np.round(images[16:])
    found = served(tf.constant(images))
    purified = np.asarray(autoencoder(images))
    np.testing.assert_allclose(found["purified"], purified, atol=1e-5)
    logits = np.asarray(classifier.logits_fn(purified))
    np.testing.assert_allclose(found["logits"], logits, atol=1e-4 * np.abs(logits).max())
    np.testing.assert_array_equal(found["class"], logits.argmax(axis=1))
    assert np.abs(purified - images).mean() > 0.01  # it is no identity


def test_the_model_card_has_the_figures_of_the_report(folder, report):
    card = (folder / "1/assets.extra/MODEL_CARD.md").read_text()
    row = rows_of(folder, report)[next(iter(load_classifiers(folder)))]
    for column in row["columns"]:
        if column["adversary"] == "adaptive":
            robust = f"{100 * column['robust_accuracy']:.2f}"
            head = f"| this pipeline | {row['num_examples']} | {100 * row['clean_accuracy']:.2f}"
            assert f"{head} | {robust} | {column['name']}, " in card


def test_the_model_card_has_the_mean_of_all_trainings(folder, report):
    table = {"mnist": "table4", "fashion_mnist": "table5"}[report["dataset"]]
    results = pretrained.FOLDER.parent / "results" / f"{table}_cpu" / "results.json"
    native = next(iter(load_classifiers(folder)))
    told = ship["tell_of_trainings"](json.loads(results.read_text()), native, "AAA xent_mse")
    assert f"\n- {told}\n" in (folder / "1/assets.extra/MODEL_CARD.md").read_text()


def test_clean_accuracy_is_the_reports(folder, report):
    split = load_prepared(report["dataset"]).test
    images, labels = split.images[: report["num_examples"]], split.labels[: report["num_examples"]]
    autoencoder, rows = load_autoencoder(folder), rows_of(folder, report)
    measured = {name: c for name, c in load_classifiers(folder).items() if name in rows}
    assert measured
    for name, classifier in measured.items():
        logits_fn = make_defended_logits_fn(autoencoder, classifier.logits_fn)
        num_correct = (compute_logits(logits_fn, images, 250).argmax(axis=1) == labels).sum()
        # One image may lie so near to a boundary that another processor sees it otherwise.
        assert abs(num_correct - rows[name]["num_correct"]) <= 1


def first_images(dataset):
    """The first 100 test images: MNIST, LeCun et al. 1998; Fashion-MNIST, Xiao et al. 2017."""
    with np.load(FIXTURES / f"{dataset}_first_100.npz") as file:
        return Split(file["images"].astype(np.float32) / np.float32(255), file["labels"])


@pytest.mark.parametrize("dataset", ["fashion_mnist", "mnist"])
def test_the_first_images_are_the_data_sets(dataset):
    first, split = first_images(dataset), load_prepared(dataset).test
    np.testing.assert_array_equal(first.images, split.images[:100])
    np.testing.assert_array_equal(first.labels, split.labels[:100])


def test_short_attacks_leave_as_many_as_the_report_says(folder, report):
    first, rows = first_images(report["dataset"]), rows_of(folder, report)
    counts = ship["count_short"](folder, report, first)
    for name, left in counts.items():
        assert left.keys() == report[name].keys() == rows.keys()
        for letter, count in left.items():
            assert abs(count - report[name][letter]) <= 2
            # An attack that breaks nothing is none.
            assert name == "short_clean" or count < counts["short_clean"][letter]


def test_it_protects_another_classifier_by_name(tmp_path):
    """Fashion-MNIST's, whose radius is no default."""
    name = "fashion_mnist_xent_mse"
    flags = [
        f"--autoencoder={name}",
        f"--classifier={pretrained.find_pretrained(name) / 'C.keras'}",
    ]
    printed = succeed("wrap_classifier", *flags, "--output=served/b", cwd=tmp_path)
    assert "pipeline served/b/1" in printed
    manifest = json.loads((tmp_path / "served/b/1/assets.extra/aaa_manifest.json").read_text())
    assert manifest["threat_model"] == {"norm": "Linf", "eps": 0.2}


def test_it_is_measured_by_name_on_its_own_data(tmp_path):
    data_dir = find_prepared("fashion_mnist")
    flags = ["--num_examples=5", "--attacks=fgsm", "--checks=0", "--report_dir=measured"]
    succeed("evaluate", "--run_dir=fashion_mnist_xent_mse", f"--data_dir={data_dir}", *flags,
            cwd=tmp_path)  # fmt: skip
    measured = json.loads((tmp_path / "measured" / "report.json").read_text())
    assert (measured["dataset"], measured["num_available"]) == ("fashion_mnist", 10_000)
    assert measured["protocol"]["columns"][0]["eps"] == 0.2
    rows = [(row["classifier"], row["defence"]) for row in measured["rows"]]
    assert rows == [(name, defence) for name in ("zheng", "C") for defence in ("none", "AAA")]
