"""Where the main job keeps what it trains; tests/test_cli.py runs it from end to end."""

import pytest

from aaa_tf.cli import train_aaa
from aaa_tf.config import AAAConfig
from aaa_tf.data.batching import fit_batch_size
from aaa_tf.errors import InputError
from aaa_tf.experiments.main_job import classifier_run_dir, dataset_label, read_classifiers


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
