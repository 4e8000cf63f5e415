"""What is shown beside a row's figures: of whom, and only once."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.config import EvalConfig
from aaa_tf.data import Dataset, Split
from aaa_tf.data.corruption_source import CorruptionSource
from aaa_tf.errors import InputError
from aaa_tf.evaluation.target import Target
from aaa_tf.experiments import diagnosis
from aaa_tf.experiments.diagnosis import Diagnosis, diagnose
from tests.mean_pixel_model import make_split_of_means, mean_pixel_logits

CONFIG = EvalConfig(eps=0.1, step_size=0.05, num_steps=2, num_restarts=1, batch_size=10)


@pytest.fixture
def dataset():
    split = make_split_of_means()
    return Dataset("means", split, split, split, ("dark", "bright"))


def test_a_natural_classifier_is_measured_on_corruptions_alone_and_once(tmp_path, dataset):
    loaded = []

    def load(type_name, severity):
        loaded.append(type_name)
        return Split(np.full((3, 4, 4, 1), 0.9, np.float32), np.array([1, 1, 0], np.int32))

    source = CorruptionSource("made up", (("fog", "1"),), load)
    wanted = Diagnosis(num_checked=5, num_curved=5, corruptions=source)
    found = [
        diagnose(
            Target("plain", mean_pixel_logits), dataset, CONFIG, wanted, folder=tmp_path,
            log=lambda line: None,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert found[0] == found[1]
    assert found[0].keys() == {"corruptions"}
    assert found[0]["corruptions"]["accuracy"] == {"fog": {"1": pytest.approx(2 / 3)}}
    assert loaded == ["fog"]
    newer = Diagnosis(corruptions=dataclasses.replace(source, version="newer"))
    diagnose(Target("plain", mean_pixel_logits), dataset, CONFIG, newer, folder=tmp_path,
             log=lambda line: None)  # fmt: skip
    assert loaded == ["fog", "fog"]


def test_a_defended_one_has_its_curves_from_the_first_images(tmp_path, dataset):
    """Of the first four images three are classified correctly, all at least 0.15 from 0.5."""
    target = Target("plain", mean_pixel_logits, defence="some")
    found = diagnose(target, dataset, CONFIG, Diagnosis(num_curved=4), folder=tmp_path,
                     log=lambda line: None)  # fmt: skip
    assert found.keys() == {"curves"}
    assert [0.1, 0.75] in [[pytest.approx(eps), share] for eps, share in found["curves"]["eps"]]


def test_the_loss_surface_is_of_the_norm_of_the_attack(tmp_path, dataset, monkeypatch):
    """The margin of the darkest image rises by 2 a unit of its mean, a quarter of an L2 length."""
    monkeypatch.setattr(diagnosis, "run_checks", lambda *arguments, **more: [])
    target = Target("plain", mean_pixel_logits, defence="some")
    for norm, rise in (("Linf", 0.2), ("L2", 0.05)):
        config = dataclasses.replace(CONFIG, norm=norm)
        found = diagnose(target, dataset, config, Diagnosis(num_checked=1), folder=tmp_path,
                         log=lambda line: None)  # fmt: skip
        assert found["surface"]["norm"] == norm
        assert found["surface"]["loss"][20][10] == pytest.approx(-0.9 + rise, abs=1e-5)


def test_negative_numbers_are_refused():
    with pytest.raises(InputError, match="must be 0 or more"):
        Diagnosis(num_checked=-1)


def test_curves_of_a_model_without_gradient_are_left_out_and_told(tmp_path, dataset):
    """They come after the attacks, whose figures must not be lost."""
    lines = []
    target = Target("plain", lambda x: tf.stop_gradient(mean_pixel_logits(x)), defence="some")
    found = diagnose(target, dataset, CONFIG, Diagnosis(num_curved=4), folder=tmp_path,
                     log=lines.append)  # fmt: skip
    assert found == {}
    assert any(line.startswith("no curves: PGD-2 needs a gradient") for line in lines)
