"""Measures clean and robust accuracy of a classifier or a defended pipeline, on test data.

  bin/evaluate --dataset=mnist --run_dir=runs/mnist_xent_mse_cpu --suite=autoattack
  bin/evaluate --dataset=mnist --classifier=saved_models/mnist_xent_mse/1
  bin/evaluate --dataset=mnist --classifier=my.keras --autoencoder=runs/mnist_xent_mse_cpu
  bin/evaluate --dataset=mnist --classifier=my_module:my_logits --attacks=apgd_ce,square

The attack differentiates the whole of what is evaluated, autoencoder included. What is finished is
kept in the report's folder: the same command goes on after an interruption.
"""

import hashlib
import json
import os
import pathlib

from absl import flags

from aaa_tf import config as config_module
from aaa_tf import workers
from aaa_tf.attacks.saved_images import load_saved_images
from aaa_tf.cli import classifier_flags, config_flags, shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.cli.targets import targets_from_flags
from aaa_tf.cli.trained_eps import eval_defaults
from aaa_tf.config import EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.data.corrupted import open_corruptions
from aaa_tf.errors import InputError
from aaa_tf.evaluation import report, suites
from aaa_tf.experiments.baselines import make_baselines
from aaa_tf.experiments.diagnosis import Diagnosis
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.experiments.job_classifiers import dataset_label
from aaa_tf.models.pretrained import resolve_autoencoder
from aaa_tf.training.run_directory import read_config

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    shared_flags.define_common_flags()
    classifier_flags.define_classifier_flags()
    config_flags.define_config_flags(EvalConfig, "eval")
    shared_flags.define_distribution()
    _define_subject_flags()
    _define_diagnosis_flags()
    flags.DEFINE_string(
        "report_dir",
        None,
        "folder of the report (default: runs/evaluations/<what and how>); the same one goes on",
    )


def _define_subject_flags():
    """What is evaluated, beside --classifier."""
    flags.DEFINE_string(
        "autoencoder",
        None,
        "autoencoder to put before the classifier: .keras file, run directory, or the name of a "
        "shipped one",
    )
    flags.DEFINE_string(
        "run_dir",
        None,
        "run of bin/train_aaa, or the name of a shipped one: all its classifiers, with and without "
        "its autoencoder; without --dataset, on the data set of its training",
    )
    flags.DEFINE_string(
        "adversarial_images",
        None,
        "evaluate these images beside the attacks: an .npz file with an array adversarial_images",
    )


def _define_diagnosis_flags():
    """What is looked at beside the accuracies."""
    flags.DEFINE_integer(
        "checks",
        100,
        "look for signs of gradient masking on so many images (docs/checks.md); 0: do not",
    )
    flags.DEFINE_integer(
        "curves",
        0,
        "draw robust accuracy against eps, steps and restarts from so many images; 0: do not",
    )
    flags.DEFINE_string(
        "corruptions",
        None,
        "measure common corruptions too: generated (CIFAR-10-C's types on this data set), "
        "cifar10_c, mnist_c, or a folder of CIFAR-10-C's .npy files",
    )
    flags.DEFINE_bool(
        "baselines",
        False,
        "beside it a threshold at 0.5, and a denoising autoencoder trained without attack, before "
        "the first classifier",
    )
    flags.DEFINE_string(
        "denoisers_dir",
        "runs/denoisers",
        "where the denoising autoencoders of --baselines are trained and found again",
    )


def main():
    """Parse, load, attack, write."""
    _take_dataset_of_run()
    subject = FLAGS.run_dir or FLAGS.autoencoder or FLAGS.classifier
    config = config_flags.eval_config_from_flags(eval_defaults(subject))
    suites.require_suite(config, FLAGS.dataset)
    strategy, log = shared_flags.strategy_from_flags()
    dataset = load_dataset(FLAGS.dataset, data_dir=FLAGS.data_dir)
    diagnosis = Diagnosis(
        num_checked=FLAGS.checks,
        num_curved=FLAGS.curves,
        corruptions=_open_corruptions(dataset, config),
    )
    with strategy.scope():  # the weights of what is loaded are on every device
        targets, classifier = targets_from_flags(dataset)
    extra_columns = _saved_images(targets, dataset, config)
    given_images = [column.describe() for columns in extra_columns.values() for column in columns]
    if FLAGS.baselines:
        if workers.are_several(strategy):
            raise InputError("--baselines trains on one machine; give it a run of its own there")
        for target, columns in _baselines(classifier, targets[0], dataset, config):
            targets.append(target)
            extra_columns[target.label] = columns
    report_dir = FLAGS.report_dir or _default_report_dir(targets, config, given_images)
    content = run_evaluation(
        targets,
        dataset,
        config,
        report_dir=report_dir,
        diagnosis=diagnosis,
        extra_columns=extra_columns,
        strategy=strategy,
        log=log,
    )
    if content:
        log(report.format_table(content))
        log(f"report {report_dir}/report.json")


def _take_dataset_of_run():
    """Without --dataset a run is evaluated on the data that it was trained on."""
    if not FLAGS.run_dir or FLAGS["dataset"].present:
        return
    folder = pathlib.Path(resolve_autoencoder(FLAGS.run_dir))
    if (folder / "config.json").exists():
        FLAGS.dataset = read_config(folder)["dataset"]


def _short_identity(classifier):
    return hashlib.sha256(classifier.identity().encode()).hexdigest()[:8]


def _baselines(classifier, first_target, dataset, config):
    """Both baselines before a classifier, whose rows are called as its first one is."""
    label = "_".join(
        [
            dataset_label(FLAGS.dataset),
            FLAGS.preset,
            f"eps{config.eps:.4g}",
            _short_identity(classifier),
        ]
    )
    return make_baselines(
        classifier,
        dataset,
        config,
        denoiser_dir=os.path.join(FLAGS.denoisers_dir, label),
        preset=FLAGS.preset,
        log=print,
        role=first_target.role,
        name=first_target.name,
    )


def _open_corruptions(dataset, config):
    if not FLAGS.corruptions:
        return None
    return open_corruptions(
        FLAGS.corruptions,
        dataset.test,
        data_dir=FLAGS.data_dir,
        seed=config.seed,
        num_examples=config.num_examples,
        dataset_name=dataset.name,
    )


def _saved_images(targets, dataset, config):
    if not FLAGS.adversarial_images:
        return {}
    images = dataset.test.first(config.num_examples).images
    attack = load_saved_images(FLAGS.adversarial_images, images, eps=config.eps, norm=config.norm)
    name = f"images of {os.path.basename(FLAGS.adversarial_images)}"
    column = suites.Column(name, (attack,), adversary="given")
    return {target.label: (column,) for target in targets}


def _default_report_dir(targets, config, given_images):
    """A folder of its own for each set of models, protocol and given images."""
    models = [(target.label, target.fingerprint) for target in targets]
    protocol = [config_module.to_dict(config), models, *given_images]
    digest = hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:8]
    what = pathlib.Path(FLAGS.run_dir or FLAGS.classifier).stem
    how = config.suite or "-".join(config.attacks)
    dataset = dataset_label(FLAGS.dataset)
    return os.path.join("runs", "evaluations", f"{dataset}_{what}_{how}_{digest}")


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
