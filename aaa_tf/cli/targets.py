"""What the flags of bin/evaluate name: a classifier, a pipeline, a run, or a Python function."""

import os
import pathlib

from absl import flags

from aaa_tf.cli import classifier_flags
from aaa_tf.errors import InputError
from aaa_tf.evaluation.target import make_bare_target, make_defended_target
from aaa_tf.experiments.job_classifiers import read_classifiers
from aaa_tf.models.callables import is_callable_name, load_callable
from aaa_tf.models.defended import require_same_shape
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.models.pretrained import resolve_autoencoder

FLAGS = flags.FLAGS


def targets_from_flags(dataset) -> tuple:
    """(targets in the order of the report, the first bare classifier among them).

    Raises:
        InputError: nothing named, both a run and a classifier named, or one that does not fit.
    """
    if FLAGS.run_dir:
        classifier_flags.refuse_reading_flags("--run_dir")
        if FLAGS.classifier or FLAGS.autoencoder:
            raise InputError("--run_dir brings its own models; leave --classifier and others out")
        return _targets_of_run(resolve_autoencoder(FLAGS.run_dir), dataset)
    classifier = _classifier(dataset)
    classifier.require_fits(dataset)
    # The last two parts of a path tell it; the whole would fill the table.
    name = os.path.join(*pathlib.Path(classifier.name).parts[-2:])
    if not FLAGS.autoencoder:
        return [make_bare_target(classifier, defence="as loaded", name=name)], classifier
    autoencoder = load_autoencoder(resolve_autoencoder(FLAGS.autoencoder))
    require_same_shape(autoencoder, dataset.image_shape)
    return [make_defended_target(classifier, autoencoder, name=name)], classifier


def _classifier(dataset):
    if FLAGS.classifier and is_callable_name(FLAGS.classifier):
        classifier_flags.refuse_reading_flags("a Python function")
        return load_callable(FLAGS.classifier, image_shape=dataset.image_shape)
    return classifier_flags.load_classifier_from_flags(dataset.image_shape)


def _targets_of_run(run_dir, dataset):
    """Every classifier of a run of bin/train_aaa, without and with its autoencoder."""
    autoencoder = load_autoencoder(run_dir)
    require_same_shape(autoencoder, dataset.image_shape)
    targets, found = [], []
    for path, named, options in read_classifiers(run_dir):
        classifier = load_classifier(
            path,
            image_shape=dataset.image_shape,
            **options,
            **classifier_flags.load_options_from_flags(),
        )
        classifier.require_fits(dataset)
        if not classifier.has_gradient:
            print(f"{path} gives no gradient: left out; --classifier={path} takes it alone")
            continue
        found.append(classifier)
        targets.append(make_bare_target(classifier, **named))
        targets.append(make_defended_target(classifier, autoencoder, **named))
    if not found:
        raise InputError(f"{run_dir} has no classifier with a gradient; name one with --classifier")
    return targets, found[0]
