"""Which classifiers the main job has, and where; tests/test_cli.py runs it from end to end."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.cli import train_aaa
from aaa_tf.config import AAAConfig, EvalConfig
from aaa_tf.data import Split
from aaa_tf.data.batching import fit_batch_size
from aaa_tf.errors import InputError
from aaa_tf.experiments import job_classifiers
from aaa_tf.experiments.job_classifiers import (
    classifier_run_dir,
    dataset_label,
    obtain_classifiers,
    read_classifiers,
    write_classifiers,
)
from aaa_tf.experiments.main_job import MainJob
from aaa_tf.models.loading import load_classifier
from tests.conftest import build_tiny_classifier


@pytest.mark.parametrize(
    ("name", "label"), [("mnist", "mnist"), ("data/own.npz", "own"), ("photos/cats", "cats")]
)
def test_a_data_set_is_labelled_by_its_name_or_the_last_part_of_its_path(name, label):
    assert dataset_label(name) == label


def test_runs_of_classifiers_are_apart():
    assert classifier_run_dir("c", "a/own.npz", "B", "cpu") == "c/own_B_cpu"
    assert (
        classifier_run_dir("c", "mnist", "B", "cpu", adversarial=True)
        == "c/mnist_B_adversarial_cpu"
    )


def test_classifiers_are_found_from_the_run(tmp_path):
    file = '{"name": "A", "role": "native", "path": "../a.keras"}'
    inside = '{"name": "B", "role": "native", "path": "1", "signature": "classify_undefended"}'
    (tmp_path / "classifiers.json").write_text(f"[{file}, {inside}]")
    assert read_classifiers(tmp_path) == [
        (f"{tmp_path}/../a.keras", {"role": "native", "name": "A"}, {}),
        (
            f"{tmp_path}/1",
            {"role": "native", "name": "B"},
            {"signature": "classify_undefended"},
        ),
    ]


@pytest.mark.parametrize("content", ["", "[", "3", "[3]", '[{"name": "A", "role": "native"}]'])
def test_a_damaged_list_of_classifiers_is_told(tmp_path, content):
    with pytest.raises(InputError, match="has no classifiers.json; name a --classifier"):
        read_classifiers(tmp_path)
    (tmp_path / "classifiers.json").write_text(content)
    with pytest.raises(InputError, match="is damaged; name a --classifier"):
        read_classifiers(tmp_path)


@pytest.mark.parametrize(
    ("native", "expected"), [("A,B", ("C",)), ("A,B,C", ()), ("dense", ()), ("mine.keras", ("C",))]
)
def test_no_native_passes_for_a_transfer(native, expected):
    config = AAAConfig(dataset="mnist", native=tuple(native.split(",")))
    assert train_aaa.default_transfer(config) == expected


def test_a_presets_batch_is_no_larger_than_the_data(tiny_dataset):
    assert fit_batch_size({}, tiny_dataset) == {"batch_size": 60}
    assert fit_batch_size({"batch_size": 32, "seed": 1}, tiny_dataset)["batch_size"] == 32


@pytest.fixture
def job(tmp_path):
    return MainJob(
        config=AAAConfig(dataset="tiny", native=("mine.keras",)),
        eval_config=EvalConfig(eps=0.1),
        transfer=(),
        preset="smoke",
        data_dir=None,
        run_dir=str(tmp_path),
        classifiers_dir=str(tmp_path),
        export_dir="",
        export_name="p",
    )


def test_what_files_expect_is_told_and_found_again(tmp_path, tiny_dataset, job):
    """The classifier's own bias speaks for itself: what it is given shows in what it answers."""
    model = build_tiny_classifier()
    path = str(tmp_path / "mine.keras")
    model.save(path)
    expected = {"signature": "serving_default", "pixel_range": [0, 255], "mean": [9], "std": [2]}
    config = dataclasses.replace(job.config, native=(path,))
    job = dataclasses.replace(job, config=config, reading_options=expected)
    found = obtain_classifiers([path], tiny_dataset, job)[path]
    images = tiny_dataset.test.images
    np.testing.assert_allclose(found.logits_fn(images), model((255 * images - 9) / 2), atol=1e-3)
    write_classifiers(job)
    [(_, _, options)] = read_classifiers(tmp_path)
    assert options == expected


def test_a_file_that_guesses_is_told(tmp_path, tiny_dataset, job):
    lines = []
    share = np.bincount(tiny_dataset.validation.labels).max() / len(tiny_dataset.validation)
    assert share < 0.5
    for name, is_taught in (("guesses", False), ("knows", True)):
        model = keras.Sequential(
            [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
        )
        rows = np.zeros((8, 8, 3), np.float32)
        for label in range(3 if is_taught else 0):
            rows[label * 3 : label * 3 + 2, :, label] = 1
        model.set_weights([rows.reshape(64, 3), np.zeros(3, np.float32)])
        model.save(tmp_path / f"{name}.keras")
        obtain_classifiers([str(tmp_path / f"{name}.keras")], tiny_dataset, job, log=lines.append)
    [line] = lines
    assert "guesses.keras gets" in line
    assert "of 12 validation images right, as a guess would" in line
    known = tiny_dataset.validation
    for labels in ([0, 0, 0, 0], [0, 0, 0, 1]):  # a guess gets all of them, or all but one
        images = known.images[[np.flatnonzero(known.labels == label)[0] for label in labels]]
        dataset = dataclasses.replace(tiny_dataset, validation=Split(images, np.array(labels)))
        obtain_classifiers([str(tmp_path / "knows.keras")], dataset, job, log=lines.append)
    assert len(lines) == 1


@keras.saving.register_keras_serializable("test_job_classifiers")
class Noise(keras.layers.Layer):
    """Noise that no training=False takes off."""

    def call(self, images):
        return images + tf.random.normal(tf.shape(images))


def load_here(path, **options):
    """In this process, where Noise is known."""
    return load_classifier(path, isolate=False, **options)


def test_a_native_that_cannot_be_trained_against_is_told_before_others_are_trained(
    tmp_path, tiny_dataset, job, monkeypatch
):
    path = str(tmp_path / "mine.keras")
    layers = [keras.Input((8, 8, 1)), Noise(), keras.layers.Flatten(), keras.layers.Dense(3)]
    keras.Sequential(layers).save(path)
    job = dataclasses.replace(job, config=dataclasses.replace(job.config, native=(path,)))
    monkeypatch.setattr(job_classifiers, "load_classifier", load_here)
    with (
        pytest.warns(UserWarning, match="answers the same images differently"),
        pytest.raises(InputError, match="no pipeline with it could be checked"),
    ):
        obtain_classifiers(["A", path], tiny_dataset, job)
