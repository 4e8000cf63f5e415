"""What the defence does for one classifier: measured, warned of, handed to the export."""

import dataclasses
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import EvalConfig
from aaa_tf.errors import InputError
from aaa_tf.evaluation.report import format_table
from aaa_tf.experiments import measurements
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.serving.manifest import read_manifest
from tests.conftest import build_tiny_classifier, make_split

CONFIG = EvalConfig(eps=0.2, step_size=0.05, num_steps=4, num_restarts=1, num_examples=12)


def identity():
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Activation("linear")])


def eraser():
    """An autoencoder that leaves nothing of an image."""
    grey = keras.layers.Conv2D(1, 1, kernel_initializer="zeros", bias_initializer="ones")
    return keras.Sequential([keras.Input((8, 8, 1)), grey])


def brightest_third():
    """Right on every image of make_split."""

    def logits_fn(images):
        return tf.stack(
            [tf.reduce_mean(images[:, k * 3 : k * 3 + 2], axis=(1, 2, 3)) for k in range(3)], axis=1
        )

    return FrozenClassifier("f", logits_fn, (8, 8, 1), 3, None, ())


def check(autoencoder, classifier, dataset):
    return measurements.check_defence(
        autoencoder, classifier, dataset, CONFIG, log=lambda line: None
    )


def warnings_of(report):
    return measurements.warnings_of(measurements.measurements_from_report(report, "f"))


def test_an_identity_changes_no_figure_and_does_not_help(tiny_dataset):
    report = check(identity(), brightest_third(), tiny_dataset)
    bare, defended = report["rows"]
    assert (bare["defence"], defended["defence"]) == ("none", "AAA")
    assert bare["num_examples"] == bare["num_correct"] == defended["num_correct"] == 12
    assert bare["columns"][0]["num_robust"] == defended["columns"][0]["num_robust"]
    (line,) = warnings_of(report)
    assert line.startswith("warning: the defence does not help against PGD-4, accuracy")


def test_an_eraser_harms(tiny_dataset):
    report = check(eraser(), brightest_third(), tiny_dataset)
    costs, useless = warnings_of(report)
    assert "costs clean accuracy, 100.00 % without" in costs
    assert "does not help" in useless


def test_without_a_gradient_only_clean_accuracy_is_measured(tiny_dataset):
    classifier = dataclasses.replace(brightest_third(), has_gradient=False)
    report = check(eraser(), classifier, tiny_dataset)
    assert report["rows"][0]["num_correct"] == 12
    assert [row["columns"] for row in report["rows"]] == [[], []]
    assert "100.00" in format_table(report)
    (line,) = warnings_of(report)
    assert "costs clean accuracy" in line
    found = measurements.measurements_from_report(report, "f")
    assert [(one.num_robust, one.attack) for one in found] == [(None, None)] * 2
    assert "robust_accuracy" not in found[0].to_dict()


def test_measurements_are_those_of_the_classifier(tiny_dataset):
    report = check(identity(), brightest_third(), tiny_dataset)
    others = [row | {"classifier": "g", "num_correct": 1} for row in report["rows"]]
    # The defended row has an oblivious column too, which must not be taken for a measurement.
    assert len(report["rows"][1]["columns"]) == 2
    found = measurements.measurements_from_report(report | {"rows": others + report["rows"]}, "f")
    assert [(one.defence, one.num_correct) for one in found] == [("none", 12), ("AAA", 12)]
    attack = found[1].attack
    assert (attack["name"], attack["norm"], attack["eps"]) == ("PGD-4", "Linf", 0.2)
    assert attack["attacks"][0]["step_size"] == 0.05
    (robust,) = {one.to_dict()["robust_accuracy"] for one in found}
    assert robust == report["rows"][0]["columns"][0]["robust_accuracy"]


def test_what_does_not_fit_is_told(tiny_dataset):
    other = freeze_keras("f", build_tiny_classifier(num_classes=4))
    with pytest.raises(InputError, match="has 4 classes"):
        check(identity(), other, tiny_dataset)


def test_a_check_that_was_killed_goes_on(tiny_dataset, tmp_path):
    def check_in(folder, log):
        return measurements.check_defence(
            identity(), brightest_third(), tiny_dataset, CONFIG, folder=folder, log=log
        )

    def die(line):
        if line == "evaluating f, defence AAA":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_in(tmp_path / "kept", die)
    lines = []
    report = check_in(tmp_path / "kept", lines.append)
    assert [line for line in lines if line.startswith("PGD-4: goes on after the rounds kept in")]
    whole = check(identity(), brightest_third(), tiny_dataset)
    for row, expected in zip(report["rows"], whole["rows"], strict=True):
        assert row["columns"][0]["num_robust"] == expected["columns"][0]["num_robust"]


# The command


@pytest.fixture
def workplace(tmp_path):
    train, test = make_split(40, 1), make_split(24, 2)
    np.savez(tmp_path / "own.npz", x_train=train.images, y_train=train.labels,
             x_test=test.images, y_test=test.labels)  # fmt: skip
    build_tiny_classifier().save(tmp_path / "mine.keras")
    autoencoder = build_autoencoder("conv_bottleneck", image_shape=(8, 8, 1), seed=0)
    autoencoder.save(tmp_path / "autoencoder.keras")
    return tmp_path


def wrap(*flags, cwd):
    return subprocess.run(
        [sys.executable, "-m", "aaa_tf.cli.wrap_classifier", "--classifier=mine.keras",
         "--autoencoder=autoencoder.keras", "--output=served/mine", *flags],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def test_wrap_classifier_checks_and_hands_on_names_and_figures(workplace):
    """An untrained autoencoder harms, and the user sees it."""
    process = wrap("--check", "--dataset=own.npz", "--class_names=a,b,c", "--preset=smoke",
                   "--num_examples=20", cwd=workplace)  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert os.listdir(workplace / "served" / "mine") == ["1"]
    assert "PGD-5" in process.stdout
    assert "transfer is an empirical question" in process.stdout
    assert "warning: the defence costs clean accuracy" in process.stdout
    manifest = read_manifest(workplace / "served" / "mine" / "1")
    assert manifest["class_names"] == ["a", "b", "c"]
    assert manifest["dataset"] == "own.npz"
    assert manifest["threat_model"] is None
    assert manifest["checked_sample"]["num_examples"] == 24
    for row in manifest["measurements"]:
        assert row["num_examples"] == 20
        assert f"{100 * row['robust_accuracy']:.2f}" in process.stdout
        assert row["attack"]["name"] == "PGD-5"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--check",), "--dataset is missing"),
        (("--class_names=a,b",), "2 class names for 3 classes"),
        (("--check", "--dataset=own.npz", "--attacks=nope"), "unknown attack 'nope'"),
    ],
)
def test_wrap_classifier_tells_wrong_input_before_any_work(workplace, flags, message):
    process = wrap(*flags, cwd=workplace)
    assert process.returncode == 2
    assert message in process.stderr.splitlines()[-1]
    assert not (workplace / "served").exists()
