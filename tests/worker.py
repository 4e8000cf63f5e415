"""One worker of tests/test_workers.py: python -m tests.worker FOLDER [die].

Trains the tiny problem in FOLDER/run, then evaluates it, and leaves what it found in FOLDER under
its number. With `die` the second worker is gone without a word in the first validation.
"""

import json
import os
import pathlib
import sys

import numpy as np

from aaa_tf import config as config_module
from aaa_tf import workers
from aaa_tf.cli import command
from aaa_tf.errors import InputError
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import placement, runs, validation
from aaa_tf.training.distribution import build_strategy
from tests.conftest import build_tiny_classifier, build_tiny_dataset

EVALUATION = config_module.EvalConfig(
    eps=0.2, step_size=0.05, num_steps=6, num_restarts=2, num_examples=0, batch_size=5
)


def train(folder, strategy):
    """The trained autoencoder and the natives."""
    values = json.loads((folder / "config.json").read_text())
    config = config_module.AAAConfig(**values)
    natives = [freeze_keras(str(seed), build_tiny_classifier(seed)) for seed in (0, 1)]
    model = runs.train_autoencoder(
        build_tiny_dataset(), natives, config, run_dir=folder / "run", strategy=strategy
    )
    return model, natives


def evaluate(model, natives, strategy, folder):
    """AttackResult of the first native behind the autoencoder."""
    native = placement.spread_native(natives[0], strategy)
    logits_fn = make_defended_logits_fn(placement.spread_model(model, strategy), native.logits_fn)
    result = evaluate_robustness(
        logits_fn, build_tiny_dataset().test, EVALUATION, folder=folder, strategy=strategy
    )
    return result.columns[0].attacked


def agree(strategy, number):
    """What the workers tell each other."""
    any_of = workers.make_any(strategy)
    assert any_of(number == 1)
    assert not any_of(False)
    workers.require_same(strategy, "nothing", "equal")
    try:
        workers.require_same(strategy, "their number", number)
    except InputError as error:
        return str(error)
    return ""


def die_in_validation(*arguments, **keywords):
    os._exit(9)


def main():
    folder, number = pathlib.Path(sys.argv[1]), json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    if "die" in sys.argv and number == 1:
        validation.make_validation = lambda *_, **__: die_in_validation
    strategy = build_strategy()
    model, natives = train(folder, strategy)
    attacked = evaluate(model, natives, strategy, folder / f"partial{number}")
    np.savez(
        folder / f"worker{number}.npz",
        weights=np.concatenate([weight.ravel() for weight in model.get_weights()]),
        images=attacked.adversarial_images,
        is_robust=attacked.is_robust,
        counts=json.dumps([attacked.num_robust, attacked.num_gradients]),
        disagreement=agree(strategy, number),
    )


if __name__ == "__main__":
    command._call(main)
