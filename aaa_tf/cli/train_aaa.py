"""Trains an autoencoder that protects frozen classifiers; evaluates it; exports the pipeline.

  bin/train_aaa --dataset=mnist --loss=xent_mse

Run the same command again after an interruption: it goes on from its last checkpoint.
"""

import os

from absl import flags

from aaa_tf import presets
from aaa_tf.cli import classifier_flags, config_flags, shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.config import AAAConfig, EvalConfig
from aaa_tf.experiments.job_classifiers import dataset_label
from aaa_tf.experiments.main_job import MainJob, run_main_job
from aaa_tf.models.classifiers import NAMES, plain_name
from aaa_tf.training.distribution import make_deterministic

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    shared_flags.define_common_flags()
    config_flags.define_config_flags(AAAConfig, "aaa", skip=("dataset",))
    config_flags.define_config_flags(EvalConfig, "eval", prefix="eval_", skip=("eps", "norm"))
    flags.DEFINE_list(
        "transfer",
        None,
        "classifiers to protect without training against them: letters, names or "
        "files (default: C on digits, mnist and fashion_mnist, unless it is a native)",
    )
    flags.DEFINE_string(
        "run_dir",
        None,
        "where the run is kept (default: runs/<name>_<preset>)",
    )
    flags.DEFINE_string(
        "classifiers_dir",
        "runs/classifiers",
        "where classifiers of the paper are trained and found again",
    )
    flags.DEFINE_string("export_dir", "saved_models", "where <name>/<version>/ is exported")
    flags.DEFINE_string(
        "name",
        None,
        "name of the exported pipeline, that of the first native behind the "
        "autoencoder (default: <dataset>_<loss>)",
    )
    classifier_flags.define_reading_flags()
    classifier_flags.define_load_flags()
    shared_flags.define_deterministic()
    shared_flags.define_distribution()


def main():
    """Parse, build, run."""
    config = config_flags.training_config_from_flags(AAAConfig, "aaa")
    eval_values = config_flags.preset_defaults("eval")
    eval_config = config_flags.eval_config_from_flags(eval_values, prefix="eval_", eps=config.eps)
    if FLAGS.deterministic:
        make_deterministic()
    strategy, log = shared_flags.strategy_from_flags()
    name = FLAGS.name or f"{dataset_label(config.dataset)}_{config.loss}"
    transfer = default_transfer(config) if FLAGS.transfer is None else tuple(FLAGS.transfer)
    run_main_job(
        MainJob(
            config=config,
            eval_config=eval_config,
            transfer=transfer,
            preset=FLAGS.preset,
            data_dir=FLAGS.data_dir,
            run_dir=FLAGS.run_dir or os.path.join("runs", f"{name}_{FLAGS.preset}"),
            classifiers_dir=FLAGS.classifiers_dir,
            export_dir=FLAGS.export_dir,
            export_name=name,
            reading_options=_reading_options((*config.native, *transfer)),
            load_options=classifier_flags.load_options_from_flags(),
        ),
        strategy=strategy,
        log=log,
    )


def _reading_options(names):
    """What flags say of classifier files, all of them alike; refused where there is no file."""
    if all(name in NAMES for name in names):
        classifier_flags.refuse_reading_flags("classifiers of the paper")
    return classifier_flags.reading_options_from_flags()


def default_transfer(config) -> tuple[str, ...]:
    """The paper's transfers on this data set, but for those that are natives here."""
    natives = {plain_name(name) for name in config.native}
    names = presets.transfer_classifiers(config.dataset)
    return tuple(name for name in names if plain_name(name) not in natives)


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
