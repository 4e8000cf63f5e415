"""Two processes on this machine: a worker dies, the run resumes, and is that of one device."""

import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf import workers
from aaa_tf.errors import InputError
from aaa_tf.training import distribution
from aaa_tf.training.checkpoints import CheckpointStore
from tests import worker
from tests.conftest import make_tiny_config

ROOT = pathlib.Path(__file__).parents[1]


def launch(*arguments):
    """Two workers to their end: (exit code, stdout, stderr) of each."""
    with socket.socket() as first, socket.socket() as second:
        for found in (first, second):
            found.bind(("localhost", 0))
        addresses = [f"localhost:{found.getsockname()[1]}" for found in (first, second)]
    processes = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.worker", *map(str, arguments)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"TF_CONFIG": json.dumps(task), "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
        )
    outputs = [process.communicate(timeout=300) for process in processes]
    return [(process.returncode, *out) for process, out in zip(processes, outputs, strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With the configuration that the workers read."""
    folder = tmp_path_factory.mktemp("workers")
    values = dataclasses.asdict(make_tiny_config()) | {
        "learning_rate_schedule": "plateau", "plateau_patience": 1, "ema_momentum": 0.5,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(values))
    return folder


@pytest.fixture(scope="module")
def outputs_of_the_dying(folder):
    """What the workers said of which one dies; the folder keeps the run that they left."""
    return launch(folder, "die")


def test_a_worker_that_dies_stops_the_other_with_one_line(folder, outputs_of_the_dying):
    (code, _, errors), (dead, _, _) = outputs_of_the_dying
    assert dead == 9
    assert code == 1, errors
    line = errors.strip().splitlines()[-1]
    assert line.startswith("error: worker 1 of this run has died or cannot be reached; start the")
    # Of two updates that are kept, the second; the third was done, and is lost.
    assert CheckpointStore(folder / "run/checkpoints").read_progress()["step"] == 2


def test_the_run_goes_on_and_is_that_of_one_device(folder, outputs_of_the_dying, tmp_path):
    """Weights, flags, images and costs; the chief alone leaves files."""
    for code, _, errors in launch(folder):
        assert code == 0, errors
    results = [np.load(folder / f"worker{number}.npz") for number in range(2)]
    for name in ("weights", "images", "is_robust", "counts"):
        np.testing.assert_array_equal(results[0][name], results[1][name])
    for result in results:
        assert "differ in their number; start the same command" in str(result["disagreement"])
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    model, natives = worker.train(tmp_path, tf.distribute.get_strategy())
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    np.testing.assert_allclose(results[0]["weights"], weights, atol=1e-4)
    attacked = worker.evaluate(model, natives, tf.distribute.get_strategy(), None)
    np.testing.assert_array_equal(results[0]["is_robust"], attacked.is_robust)
    np.testing.assert_allclose(results[0]["images"], attacked.adversarial_images, atol=1e-2)
    assert json.loads(str(results[0]["counts"]))[0] == attacked.num_robust
    assert list((folder / "partial0").glob("*.npz"))
    assert not (folder / "partial1").exists()
    lines = (folder / "run/metrics.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "0", "1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "TF_CONFIG names no cluster and task"),
        ("{", "TF_CONFIG names no cluster and task"),
        ('{"cluster": {"worker": ["a:1"]}}', "names no cluster and task"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "has jobs"),
        ('{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}', "has jobs ps"),
    ],
)
def test_a_tf_config_that_cannot_be_used(monkeypatch, text, message):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match=message):
        distribution.build_strategy("multi_worker")


def test_workers_must_be_joined_first(monkeypatch):
    task = {"cluster": {"worker": ["localhost:1", "localhost:2"]},
            "task": {"type": "worker", "index": 0}}  # fmt: skip
    monkeypatch.setenv("TF_CONFIG", json.dumps(task))
    tf.constant(0)
    with pytest.raises(InputError, match="build the strategy first"):
        distribution.build_strategy("auto")


def test_one_process_is_the_chief_and_agrees_with_itself():
    for strategy in (None, tf.distribute.get_strategy()):
        assert workers.is_chief(strategy)
        assert workers.make_any(strategy)(True)
        assert not workers.make_any(strategy)(False)
        workers.require_same(strategy, "anything", object())


def test_errors_that_tell_of_no_worker_pass():
    strategy = tf.distribute.get_strategy()
    with pytest.raises(tf.errors.UnavailableError):
        with workers.lost_ones_told(strategy):
            raise tf.errors.UnavailableError(None, None, "a file system")
