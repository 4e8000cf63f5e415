"""The classifiers of the main job: from files, or trained and found again; and who they were.

found = obtain_classifiers(["A", "mine.keras"], dataset, job)
for path, named, options in read_classifiers("runs/mnist"): ...
"""

import json
import os
import pathlib

import numpy as np
import tensorflow as tf

from aaa_tf import files
from aaa_tf.config import ClassifierConfig
from aaa_tf.data.batching import fit_batch_size
from aaa_tf.errors import InputError
from aaa_tf.models import classifiers
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.presets import preset_values
from aaa_tf.training import runs
from aaa_tf.training.aaa import require_trainable_against

_CLASSIFIERS_FILE = "classifiers.json"
_READING = ("signature", "pixel_range", "mean", "std")
_NUM_TRIED = 200
_BATCH_SIZE = 50
_DEVIATIONS = 3


def obtain_classifiers(names, dataset, job, *, strategy=None, log=print) -> dict:
    """Classifiers by name: the user's files, and those of the paper, trained where missing.

    Files come first: one that cannot be used is told before hours of training.
    """
    found = {}
    for name in names:
        if name not in classifiers.NAMES:
            options = job.reading_options | job.load_options
            found[name] = load_classifier(name, image_shape=dataset.image_shape, **options)
            found[name].require_fits(dataset)
            if name in job.config.native:
                require_trainable_against(found[name])
            _warn_of_guesses(found[name], dataset, log)
    return found | {
        name: _train_classifier(name, dataset, job, strategy, log)
        for name in names
        if name not in found
    }


def _warn_of_guesses(classifier, dataset, log):
    """A classifier that is given other pixels than it expects guesses, and no training mends it."""
    split = dataset.validation.first(_NUM_TRIED)
    batches = np.split(split.images, range(_BATCH_SIZE, len(split), _BATCH_SIZE))
    logits = np.concatenate([classifier.logits_fn(tf.constant(batch)) for batch in batches])
    accuracy = np.mean(np.argmax(logits, axis=1) == split.labels)
    guess = max(np.bincount(split.labels).max() / len(split), 1 / dataset.num_classes)
    bound = guess + _DEVIATIONS * np.sqrt(guess * (1 - guess) / len(split))
    # With few images, or one common class, the bound is near 1.
    if accuracy <= bound and accuracy < (1 + guess) / 2:
        log(
            f"warning: classifier {classifier.name} gets {accuracy:.0%} of {len(split)} validation "
            "images right, as a guess would; if it expects other pixels than 0 to 1, say so with "
            "--pixel_range, --mean and --std"
        )


def _train_classifier(name, dataset, job, strategy, log):
    """A classifier of the paper, naturally trained; an earlier run is continued or just loaded."""
    values = fit_batch_size(preset_values(dataset.name, job.preset, "classifier"), dataset)
    config = ClassifierConfig(**values | {"dataset": dataset.name, "model": name})
    run_dir = classifier_run_dir(job.classifiers_dir, dataset.name, name, job.preset)
    log(f"classifier {name}: {run_dir}")
    model = runs.train_classifier(dataset, config, run_dir=run_dir, strategy=strategy)
    return freeze_keras(name, model)


def classifier_run_dir(classifiers_dir, dataset_name, model, preset, adversarial=False) -> str:
    """Where the training of a classifier of the paper keeps its run."""
    kind = "_adversarial" if adversarial else ""
    return os.path.join(classifiers_dir, f"{dataset_label(dataset_name)}_{model}{kind}_{preset}")


def dataset_label(name: str) -> str:
    """A data set's name as part of a folder's name: of a path, its last part without suffix."""
    return pathlib.Path(name).stem


def write_classifiers(job):
    """Which classifiers this run protects, for bin/evaluate --run_dir."""
    entries = []
    for role, names in (("native", job.config.native), ("transfer", job.transfer)):
        for name in names:
            path = name
            if name in classifiers.NAMES:
                run_dir = classifier_run_dir(
                    job.classifiers_dir, job.config.dataset, name, job.preset
                )
                path = os.path.join(run_dir, "classifier.keras")
            entry = {"name": name, "role": role, "path": os.path.relpath(path, job.run_dir)}
            is_file = name not in classifiers.NAMES
            entries.append(entry | (job.reading_options if is_file else {}))
    files.write_json(pathlib.Path(job.run_dir) / _CLASSIFIERS_FILE, entries)


def read_classifiers(run_dir) -> list[tuple]:
    """What a run of the main job protects, in its order.

    Returns:
        (path, {"role": ..., "name": ...}, arguments of `load_classifier` beside the path) of each:
        what files expect, or {"signature": ...} for one inside an exported pipeline.

    Raises:
        InputError: if the directory does not tell, or what it tells is damaged.
    """
    file = pathlib.Path(run_dir) / _CLASSIFIERS_FILE
    if not file.exists():
        raise InputError(f"{run_dir} has no {_CLASSIFIERS_FILE}; name a --classifier instead")
    try:
        return [
            (
                os.path.join(run_dir, entry["path"]),
                {key: entry[key] for key in ("role", "name")},
                {key: entry[key] for key in _READING if key in entry},
            )
            for entry in json.loads(file.read_text())
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is damaged; name a --classifier instead") from error
