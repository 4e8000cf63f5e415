"""Trains a classifier of the paper, naturally or (--adversarial) on PGD images.

  bin/train_classifier --dataset=mnist --model=A [--adversarial]

Run the same command again after an interruption: it goes on from its last checkpoint.
"""

from absl import flags

from aaa_tf.cli import config_flags, shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.config import ClassifierConfig, EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.evaluation import report
from aaa_tf.evaluation.target import make_bare_target
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.experiments.job_classifiers import classifier_run_dir
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import runs
from aaa_tf.training.distribution import make_deterministic
from aaa_tf.training.placement import spread_native

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    shared_flags.define_common_flags()
    config_flags.define_config_flags(ClassifierConfig, "classifier", skip=("dataset",))
    flags.DEFINE_string(
        "run_dir",
        None,
        "where the run is kept (default: <classifiers_dir>/<dataset>_<model>_<preset>, or "
        "<dataset>_<model>_adversarial_<preset>)",
    )
    flags.DEFINE_string(
        "classifiers_dir",
        "runs/classifiers",
        "where train_aaa looks for classifiers",
    )
    shared_flags.define_deterministic()
    shared_flags.define_distribution()


def main():
    """Parse, build, train, measure."""
    kind = "adversarial" if FLAGS.adversarial else "classifier"
    config = config_flags.training_config_from_flags(ClassifierConfig, kind)
    eval_config = EvalConfig(**config_flags.preset_defaults("eval") | {"eps": config.eps})
    if FLAGS.deterministic:
        make_deterministic()
    strategy, log = shared_flags.strategy_from_flags()
    dataset = load_dataset(config.dataset, data_dir=FLAGS.data_dir)
    run_dir = FLAGS.run_dir or classifier_run_dir(
        FLAGS.classifiers_dir, config.dataset, config.model, FLAGS.preset, config.adversarial
    )
    model = runs.train_classifier(dataset, config, run_dir=run_dir, strategy=strategy)
    frozen = spread_native(freeze_keras(config.model, model), strategy)
    content = run_evaluation(
        [make_bare_target(frozen)],
        dataset,
        eval_config,
        report_dir=run_dir,
        replace=True,
        strategy=strategy,
        log=log,
    )
    if content:
        log(report.format_table(content))
        log(f"classifier {run_dir}/classifier.keras")


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
