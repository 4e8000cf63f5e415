"""Clean and PGD accuracy of a classifier, or of the pipeline of an autoencoder before it.

  bin/evaluate --dataset=mnist --classifier=saved_models/mnist_xent_mse/1
  bin/evaluate --dataset=mnist --classifier=my.keras --autoencoder=runs/mnist_xent_mse_cpu

Robust accuracy is the worst case over all restarts, example by example.
"""

import dataclasses
import pathlib

from absl import flags

from aaa_tf import files
from aaa_tf.cli import shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.config import EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from aaa_tf.evaluation import report
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.models.defended import make_defended_logits_fn, require_same_shape
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.training.run_directory import describe_environment

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    shared_flags.define_common_flags()
    shared_flags.define_classifier_flags()
    shared_flags.define_config_flags(EvalConfig, "eval")
    flags.DEFINE_string(
        "autoencoder",
        None,
        "autoencoder to put before the classifier: .keras file or run directory",
    )
    flags.DEFINE_string("output", None, "file for the report, as JSON")


def main():
    """Parse, load, attack, write."""
    config = shared_flags.config_from_flags(EvalConfig, shared_flags.preset_defaults("eval"))
    dataset = load_dataset(FLAGS.dataset, data_dir=FLAGS.data_dir)
    classifier = shared_flags.load_classifier_from_flags(dataset.image_shape)
    classifier.require_fits(dataset)
    if not classifier.has_gradient:
        raise InputError(f"{classifier.name} gives no gradient, so PGD cannot attack it")
    logits_fn = classifier.logits_fn
    if FLAGS.autoencoder:
        autoencoder = load_autoencoder(FLAGS.autoencoder)
        require_same_shape(autoencoder, dataset.image_shape)
        logits_fn = make_defended_logits_fn(autoencoder, logits_fn)
    result = evaluate_robustness(logits_fn, dataset.test, config, report=print)
    row = report.make_row(classifier.name, "", "AAA" if FLAGS.autoencoder else "as loaded", result)
    if FLAGS.output:
        content = {
            "dataset": FLAGS.dataset,
            "attack": dataclasses.asdict(config),
            "rows": [row],
            "environment": describe_environment(),
        }
        files.write_json(pathlib.Path(FLAGS.output), content)
    print(report.format_table([row], config))


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
