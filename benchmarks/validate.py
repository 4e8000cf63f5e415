"""Chooses between trainings on validation images, by attacks that masking does not fool.

    .venv/bin/python benchmarks/validate.py runs/one runs/two --classifier=A.keras --dataset=mnist

Of each run's autoencoder before the classifier: the first validation images, none of which the
training has seen, under APGD-CE, targeted APGD and Square in turn, each on what the one before
left. Test images are not touched. `--last_weights` takes the last weights of the training where
its exported ones are averaged, which tells what averaging gives. `--training_images` attacks the
first of those instead, which tells overfitting from training that was attacked too weakly.
`--no_targeted` leaves out APGD-T, five sixths of the time, where many trainings are compared;
`--eps` is for trainings whose adversary had another radius than the one that they are judged by,
and `--l2` takes the paper's CW-L2 and then APGD-L2, at its length of 3.
"""

import argparse
import pathlib

from aaa_tf.attacks.apgd import APGD, TargetedAPGD
from aaa_tf.attacks.carlini_wagner import papers_mode
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.square import Square
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.run_directory import read_config


def load(run_dir, has_last_weights):
    """The autoencoder of a run as exported, or with the weights of its last checkpoint."""
    autoencoder = load_autoencoder(run_dir)
    if has_last_weights:
        store = CheckpointStore(pathlib.Path(run_dir) / "checkpoints", model=autoencoder)
        progress = store.restore()
        if progress is None:
            raise InputError(f"{run_dir} has no checkpoints; their weights are what is asked for")
        print(f"{run_dir}: weights of update {progress['step']}")
    return autoencoder


def list_attacks(eps, arguments):
    """APGD-CE, APGD-T unless left out, Square; or what is measured of L2."""
    if arguments.l2:
        cw = papers_mode()
        return [cw, APGD(eps=cw.eps, norm="L2")]
    targeted = [] if arguments.no_targeted else [TargetedAPGD(eps=eps)]
    return [APGD(eps=eps), *targeted, Square(eps=eps, num_queries=arguments.num_queries)]


def validate(run_dir, autoencoder, classifier, split, attacks):
    """One line: how many images are right, and how many after each attack."""
    logits_fn = make_defended_logits_fn(autoencoder, classifier.logits_fn)
    result = run_attacks(attacks, logits_fn, split.images, split.labels)
    left = {name: counts[-1] for name, counts in result.num_robust.items()}
    after = ", ".join(f"{name} {count}" for name, count in left.items())
    return f"{run_dir}: of {len(split)} clean {result.is_correct.sum()}, {after}"


def main():
    """Parse, attack, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_dirs", nargs="+", help="run directories of autoencoders")
    parser.add_argument("--classifier", required=True, help="file that they stand before")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--eps", type=float, help="radius of the attacks (default: the training's)")
    parser.add_argument("--num_examples", type=int, default=500)
    parser.add_argument("--num_queries", type=int, default=2000, help="of Square")
    parser.add_argument("--last_weights", action="store_true", help="those that were not averaged")
    parser.add_argument("--training_images", action="store_true", help="in place of validation's")
    parser.add_argument("--no_targeted", action="store_true", help="without APGD-T")
    parser.add_argument("--l2", action="store_true", help="CW-L2 and APGD-L2 in place of all these")
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.dataset)
    images = dataset.train if arguments.training_images else dataset.validation
    split = images.first(arguments.num_examples)
    classifier = load_classifier(arguments.classifier)
    for run_dir in arguments.run_dirs:
        autoencoder = load(run_dir, arguments.last_weights)
        attacks = list_attacks(arguments.eps or read_config(run_dir)["eps"], arguments)
        line = validate(run_dir, autoencoder, classifier, split, attacks)
        print(line, flush=True)


if __name__ == "__main__":
    main()
