"""Puts a trained autoencoder before a classifier it may never have seen, and exports both as one.

  bin/wrap_classifier --autoencoder=runs/mnist --classifier=my.keras --output=served/mine
  bin/wrap_classifier ... --dataset=mnist --check

Weights of neither change. Whether the defence helps this classifier is an empirical question:
--check answers it on test data, and writes the answer into the export's manifest and model card;
after an interruption the same command goes on.
"""

import dataclasses
import pathlib
import shutil

from absl import flags

from aaa_tf import files
from aaa_tf.cli import classifier_flags, config_flags, shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.cli.trained_eps import eval_defaults, training_config
from aaa_tf.config import EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from aaa_tf.evaluation import report, suites
from aaa_tf.experiments.measurements import (
    check_defence,
    measurements_from_report,
    warnings_of,
)
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.models.pretrained import resolve_autoencoder
from aaa_tf.serving.export import export_pipeline
from aaa_tf.serving.pipeline import require_class_names

FLAGS = flags.FLAGS
# Finished rounds of a check that was killed, beside the versions until there is a new one.
_ROUNDS = ".check"


def define_flags():
    """Flags of this command."""
    classifier_flags.define_classifier_flags()
    flags.DEFINE_string(
        "autoencoder",
        None,
        "trained autoencoder: .keras file, run directory, or the name of a shipped one",
    )
    flags.DEFINE_string(
        "output",
        None,
        "folder of the exported pipeline; it becomes OUTPUT/<next version>/",
    )
    flags.DEFINE_list(
        "class_names", None, "names of the classes, in order (default: those of --dataset, or 0, 1)"
    )
    flags.DEFINE_bool(
        "check",
        False,
        "measure on the test images of --dataset what the defence does for this classifier",
    )
    shared_flags.define_common_flags(default_dataset=None)
    config_flags.define_config_flags(EvalConfig, "eval")


def main():
    """Parse, load, check, export."""
    for name in ("autoencoder", "output", *(("dataset",) if FLAGS.check else ())):
        if not FLAGS[name].value:
            raise InputError(f"--{name} is missing: {FLAGS[name].help}")
    config = _check_config()
    output = pathlib.Path(FLAGS.output)
    files.require_writable(output)
    path = resolve_autoencoder(FLAGS.autoencoder)
    autoencoder, classifier = _load_parts(path)
    dataset = load_dataset(FLAGS.dataset, data_dir=FLAGS.data_dir) if FLAGS.dataset else None
    if dataset is not None:
        classifier.require_fits(dataset)
    class_names = FLAGS.class_names or (dataset and dataset.class_names)
    require_class_names(class_names, classifier.num_classes)
    training = training_config(path)
    version_dir = export_pipeline(
        autoencoder,
        classifier,
        export_dir=output.parent,
        name=output.name,
        class_names=class_names,
        dataset=FLAGS.dataset or training.get("dataset"),
        threat_model={"norm": "Linf", "eps": training["eps"]} if "eps" in training else None,
        measurements=_check(autoencoder, classifier, dataset, config),
        samples=dataset and dataset.test,
    )
    shutil.rmtree(output / _ROUNDS, ignore_errors=True)
    print(f"pipeline {version_dir}")


def _load_parts(path):
    autoencoder = load_autoencoder(path)
    classifier = classifier_flags.load_classifier_from_flags(autoencoder.input_shape[1:])
    classifier.require_repeatable()
    if not classifier.has_gradient:
        print(
            f"{classifier.name} gives no gradient: it can be served defended, but neither "
            "trained against nor attacked white-box"
        )
    return autoencoder, classifier


def _check_config():
    """The EvalConfig of --check; None without it, when no other flag of it may be there."""
    if not FLAGS.check:
        for field in dataclasses.fields(EvalConfig):
            if FLAGS[field.name].present:
                raise InputError(f"--{field.name} is of --check; give it too, or leave both out")
        return None
    config = config_flags.eval_config_from_flags(eval_defaults(FLAGS.autoencoder))
    suites.require_suite(config, FLAGS.dataset)
    return config


def _check(autoencoder, classifier, dataset, config):
    """Prints what the defence does for this classifier, or that nobody has asked; returns it."""
    if config is None:
        print(
            "not measured: whether the autoencoder protects a classifier that it was not trained "
            "with is an empirical question; --check --dataset=... answers it"
        )
        return ()
    folder = pathlib.Path(FLAGS.output) / _ROUNDS
    content = check_defence(autoencoder, classifier, dataset, config, folder=folder)
    print(report.format_table(content))
    print(
        "transfer is an empirical question: this answers it for this classifier, these images and "
        "this attack"
    )
    measurements = measurements_from_report(content, classifier.name)
    for line in warnings_of(measurements):
        print(line)
    return measurements


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
