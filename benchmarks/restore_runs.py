"""Makes finished run directories of a shipped model, so that an experiment can go on from them.

    .venv/bin/python benchmarks/restore_runs.py mnist_xent_mse --experiment=table4

Run directories stay where the training ran; saved_models/ holds what came out of it, and
results/<experiment>*_cpu/seed*/ the autoencoders of further seeds. On a machine that has only these
this brings back the natural classifiers and the autoencoders, to the bit, as `bin/reproduce
--budget=cpu` would have left them: the weights, the configuration, and what the training cost as
the experiment's results tell it, or training.json beside weights that no results have yet
(`runs.summarize_training`). What is not there is trained.
"""

import argparse
import json
import pathlib

import keras
import numpy as np

from aaa_tf import files
from aaa_tf.config import to_dict
from aaa_tf.data import load_dataset
from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.job_classifiers import read_classifiers
from aaa_tf.experiments.paper_runs import PaperRuns
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.classifiers import build_classifier
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.models.pretrained import find_pretrained
from aaa_tf.training import loop
from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.run_directory import hold_run, open_run, read_config

_RESULTS = pathlib.Path(__file__).parents[1] / "results"
_AVERAGE = "average"  # what Keras calls the averaged weights of an optimizer


def in_keras_order(variables):
    """A loaded signature has moving averages before the weights of their layer; Keras after."""
    kinds = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
    names = {id(v): v.name.removesuffix(":0").split("/") for v in variables}
    layers = list(dict.fromkeys(name[0] for name in names.values()))

    def place(variable):
        layer, kind = names[id(variable)]
        return layers.index(layer), kinds.index(kind)

    return sorted(variables, key=place)


def rebuild(letter, classifier, dataset):
    """A shipped classifier as a Keras model of this program.

    Args:
        letter: the paper's.
        classifier: FrozenClassifier, from a Keras file or a SavedModel.
        dataset: Dataset; its first test images must get the same logits.
    """
    shapes = {"image_shape": dataset.image_shape, "num_classes": dataset.num_classes}
    model = build_classifier(letter, **shapes)
    if isinstance(classifier.resource, keras.Model):
        model.set_weights(classifier.resource.get_weights())
    else:
        model.set_weights([v.numpy() for v in in_keras_order(classifier.variables)])
    images = dataset.test.images[:250]
    np.testing.assert_allclose(model(images), classifier.logits_fn(images), atol=1e-4)
    return model


def write_run(run_dir, config, model, image_shape, training):
    """A run directory whose last checkpoint holds `model` as the end of its training."""
    if any((pathlib.Path(run_dir) / "checkpoints").glob("*")):
        raise SystemExit(f"{run_dir} holds a training already; delete it, or take another folder")
    optimizer = loop.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    averages = [variable for variable in optimizer.variables if _AVERAGE in variable.path]
    for average, weight in zip(
        averages, model.trainable_variables if averages else [], strict=True
    ):
        average.assign(weight)
    open_run(run_dir, config)
    state = AttackState(config, image_shape)
    store = CheckpointStore(
        pathlib.Path(run_dir) / "checkpoints", model=model, optimizer=optimizer, attack=state
    )
    progress = {"step": config.train_steps, "sums": {}, "plateau": {}}
    cost = {"seconds": training["seconds"], "num_gradients": training["num_gradient_evaluations"]}
    cost |= {"num_steps": training["last_num_steps"]} if "last_num_steps" in training else {}
    with hold_run(run_dir):
        store.save(progress | cost)


def restore_classifiers(folder, runs, dataset):
    """Run directories of the shipped natural classifiers; what they cost is not known any more."""
    cost = {"seconds": 0.0, "num_gradient_evaluations": 0}
    for path, named, options in read_classifiers(folder):
        letter = named["name"]
        run_dir, config = runs.classifier(letter, is_adversarial=False, seed=0)
        model = rebuild(letter, load_classifier(path, **options), dataset)
        write_run(run_dir, config, model, dataset.image_shape, cost)
        print(f"{letter}: {run_dir}")


def restore_autoencoder(folder, runs, dataset, trainings):
    """The run directory of an autoencoder in a folder, begun at the commit that its training was.

    Args:
        folder: holds autoencoder.keras, config.json, metrics.csv, and training.json where it is
            not among `trainings`.
        runs: PaperRuns.
        dataset: Dataset.
        trainings: what the experiment's results tell of trainings.
    """
    config_there = read_config(folder)
    run_dir, config = runs.autoencoder(config_there["loss"], config_there["seed"])
    wanted = to_dict(config)
    differing = [key for key, value in config_there.items() if wanted.get(key) != value]
    if differing:
        raise SystemExit(f"{folder} was trained with another {', '.join(differing)}; not restored")
    model = build_autoencoder(config.autoencoder, image_shape=dataset.image_shape)
    model.set_weights(load_autoencoder(folder).get_weights())
    defence, own = f"AAA {config.loss}", folder / "training.json"
    named = [t for t in trainings if (t["defence"], t["seed"]) == (defence, config.seed)]
    training = named[0] if named else json.loads(own.read_text())
    write_run(run_dir, config, model, dataset.image_shape, training)
    path = pathlib.Path(run_dir) / "config.json"
    environment = json.loads((folder / "config.json").read_text())["environment"]
    files.write_json(path, json.loads(path.read_text()) | {"environment": environment})
    files.write_bytes(pathlib.Path(run_dir) / "metrics.csv", (folder / "metrics.csv").read_bytes())
    print(f"{defence}, seed {config.seed}: {run_dir}")


def read_trainings(experiment):
    """What the results of an experiment, of all seeds, tell of trainings."""
    paths = sorted(_RESULTS.glob(f"{experiment}*_cpu/results.json"))
    return [t for path in paths for t in json.loads(path.read_text())["parts"][0]["trainings"]]


def main():
    """Parse, restore."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the model in saved_models/")
    parser.add_argument("--experiment", required=True, help="that it was trained for")
    parser.add_argument("--runs_dir", default="runs/reproduce", help="as for bin/reproduce")
    arguments = parser.parse_args()
    folder = find_pretrained(arguments.name)
    part = paper.load_experiment(arguments.experiment).parts[0]
    dataset = load_dataset(part.dataset)
    runs = PaperRuns(dataset, part, BUDGETS["cpu"], runs_dir=arguments.runs_dir)
    restore_classifiers(folder, runs, dataset)
    trainings = read_trainings(arguments.experiment)
    for path in (folder, *sorted(_RESULTS.glob(f"{arguments.experiment}*_cpu/seed*/"))):
        restore_autoencoder(path, runs, dataset, trainings)


if __name__ == "__main__":
    main()
