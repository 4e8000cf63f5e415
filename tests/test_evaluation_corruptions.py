import json

import numpy as np
import pytest

from aaa_tf.data import Split
from aaa_tf.data.corrupted import generate_corruptions
from aaa_tf.data.corruption_source import CorruptionSource
from aaa_tf.errors import InputError
from aaa_tf.evaluation.corruptions import evaluate_corruptions
from tests.mean_pixel_model import mean_pixel_logits


def make_source(means, labels, notes=("a note",)):
    """Cells of constant images: (type, severity) -> brightness of each."""

    def load(type_name, severity):
        values = np.array(means[type_name, severity], np.float32)
        images = np.broadcast_to(values[:, None, None, None], (len(values), 8, 8, 1))
        return Split(np.ascontiguousarray(images), np.array(labels[: len(values)], np.int32))

    return CorruptionSource("made up", tuple(means), load, notes, ("snow",))


MEANS = {
    ("fog", "1"): [0.1, 0.2, 0.8, 0.9, 0.7],
    ("fog", "2"): [0.1, 0.6, 0.8, 0.9, 0.7],
    ("snow", "1"): [0.9, 0.9, 0.9, 0.9, 0.9],
    ("snow", "2"): [0.9, 0.9, 0.1, 0.1, 0.1],
}
LABELS = [0, 0, 1, 1, 1]


@pytest.mark.parametrize("batch_size", [2, 5, 64])
def test_accuracy_by_type_and_severity(batch_size):
    lines = []
    found = evaluate_corruptions(
        mean_pixel_logits, make_source(MEANS, LABELS), batch_size=batch_size, log=lines.append
    )
    assert json.loads(json.dumps(found)) == {
        "name": "made up",
        "accuracy": {"fog": {"1": 1.0, "2": 0.8}, "snow": {"1": 0.6, "2": 0.0}},
        "num_examples": 5,
        "notes": ["a note"],
        "not_comparable": ["snow"],
    }
    assert lines == [
        "fog, accuracy by severity 1: 100.00%, 2: 80.00%",
        "snow, accuracy by severity 1: 60.00%, 2: 0.00%",
    ]


def test_the_model_is_traced_once():
    traces = []

    def logits_fn(images):
        traces.append(images.shape)
        return mean_pixel_logits(images)

    evaluate_corruptions(logits_fn, make_source(MEANS, LABELS), batch_size=2)
    assert len(traces) == 1


def test_generated_corruptions_from_end_to_end():
    """Fog brightens black images; contrast leaves even images as they are."""
    images = np.repeat(np.float32([0.2, 0.8]), 8 * 8 * 4).reshape(8, 8, 8, 1)
    split = Split(images, np.repeat([0, 1], 4).astype(np.int32))
    found = evaluate_corruptions(
        mean_pixel_logits, generate_corruptions(split, seed=0), batch_size=8
    )
    assert len(found["accuracy"]) == 18
    assert found["num_examples"] == 8
    assert set(found["accuracy"]["contrast"].values()) == {1.0}
    assert found["accuracy"]["brightness"] == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}
    assert found["accuracy"]["fog"]["5"] < 1
    assert "frost" in found["not_comparable"]


@pytest.mark.parametrize(
    ("means", "labels", "logits_fn", "message"),
    [
        (MEANS | {("snow", "2"): [0.9]}, LABELS, mean_pixel_logits, r"\[1, 5\] examples"),
        (MEANS | {("snow", "2"): []}, LABELS, mean_pixel_logits, "snow, severity 2, holds no"),
        ({}, LABELS, mean_pixel_logits, r"have \[\] examples"),
        (MEANS, [0, 0, 1, 1, 2], mean_pixel_logits, "labels go from 0 to 2, the model has 2"),
        (
            MEANS,
            LABELS,
            lambda images: mean_pixel_logits(images) * np.nan,
            "NaN .* fog, severity 1",
        ),
    ],
)
def test_what_cannot_be_measured(means, labels, logits_fn, message):
    with pytest.raises(InputError, match=message):
        evaluate_corruptions(logits_fn, make_source(means, labels), batch_size=5)
