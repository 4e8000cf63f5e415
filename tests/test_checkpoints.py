import os

import keras
import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.training.checkpoints import CheckpointStore
from tests.conftest import build_tiny_classifier


class State:
    def __init__(self, folder):
        self.model = keras.Sequential(
            [keras.layers.BatchNormalization(), build_tiny_classifier()], name="normalized"
        )
        self.model.build((None, 8, 8, 1))
        self.optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)
        self.optimizer.build(self.model.trainable_variables)
        self.store = CheckpointStore(folder, model=self.model, optimizer=self.optimizer)

    def advance(self):
        gradients = [0 * variable + 1 for variable in self.model.trainable_variables]
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        for statistic in self.model.non_trainable_variables:  # a moving mean and variance
            statistic.assign_add(keras.ops.ones_like(statistic))

    def values(self):
        return [np.array(v) for v in [*self.model.variables, *self.optimizer.variables]]


@pytest.fixture
def folder(tmp_path):
    """Three checkpoints of which two are left; state.values() is the newest."""
    state = State(tmp_path)
    for step in (1, 2, 3):
        state.advance()
        state.store.save({"step": step, "sums": {"loss": 0.1}})
    state.store.expected = state.values()
    return tmp_path, state


def test_everything_comes_back(folder):
    fresh = State(folder[0])
    assert fresh.store.restore() == {"step": 3, "sums": {"loss": 0.1}}
    for found, expected in zip(fresh.values(), folder[1].values(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(fresh.model.non_trainable_variables) >= 2
    assert int(fresh.optimizer.iterations) == 3


def test_the_two_newest_are_kept(folder):
    assert sorted(os.listdir(folder[0])) == ["0000000002", "0000000003"]


def test_nothing_there(tmp_path):
    assert State(tmp_path / "none").store.restore() is None


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x55"),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("file", ["variables.data-00000-of-00001", "variables.index",
                                  "progress.json", "sha256.json"])  # fmt: skip
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_falls_back_and_says_so(folder, file, damage):
    DAMAGES[damage](folder[0] / "0000000003" / file)
    lines = []
    assert State(folder[0]).store.restore(lines.append)["step"] == 2
    assert len(lines) == 1
    assert "0000000003 is damaged" in lines[0]


def test_all_damaged_is_no_silent_new_start(folder):
    for name in ("0000000002", "0000000003"):
        (folder[0] / name / "variables.index").unlink()
    with pytest.raises(InputError, match="every checkpoint .* is damaged"):
        State(folder[0]).store.restore(lambda line: None)


def test_an_unfinished_one_is_invisible_and_removed(folder):
    (folder[0] / "0000000003").rename(folder[0] / "0000000004.partial")
    assert State(folder[0]).store.restore()["step"] == 2
    assert os.listdir(folder[0]) == ["0000000002"]


def test_reading_progress_restores_nothing(folder):
    fresh = State(folder[0])
    before = fresh.values()
    assert fresh.store.read_progress()["step"] == 3
    for found, expected in zip(fresh.values(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
