"""Repeats a table or figure of the paper, and writes our figures beside the published ones.

  bin/reproduce --experiment=table4 --budget=cpu
  bin/reproduce --experiment=table2_cifar10 --budget=smoke

Trains what is missing, evaluates under the paper's protocol, and writes JSON, Markdown and HTML.
Run the same command again after an interruption: nothing that is finished is repeated.
"""

import os

from absl import flags

from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError, require_known
from aaa_tf.experiments import paper
from aaa_tf.experiments.reproduce import reproduce

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    flags.DEFINE_string("experiment", None, f"what to repeat: {', '.join(paper.NAMES)}")
    flags.DEFINE_string(
        "budget",
        "cpu",
        "paper (its whole protocol), cpu (hours on two cores: 1,000 images, 5 restarts) or smoke "
        "(minutes on embedded digits, or on the data in --data_dir; measures nothing)",
    )
    flags.DEFINE_string("data_dir", None, "folder of TensorFlow Datasets (default: TFDS_DATA_DIR)")
    flags.DEFINE_string(
        "output",
        None,
        "folder of the results (default: results/<experiment>_<budget>, and _digits behind where "
        "the embedded digits stand in)",
    )
    flags.DEFINE_string(
        "runs_dir",
        "runs/reproduce",
        "where trainings and finished attacks are kept and found again, by all experiments",
    )
    flags.DEFINE_list(
        "reuse",
        [],
        "folders of earlier results, such as results/table4_cpu, whose rows are taken over where "
        "they would be measured alike; --output may be among them",
    )
    flags.DEFINE_list(
        "rows",
        [],
        'rows to measure, such as "A AAA xent,C AAA xent"; others are missing '
        "unless --reuse has them (default: all)",
    )
    flags.DEFINE_integer(
        "seeds", 1, "trainings of the headline's defence; its figures are means, never the best"
    )


def main():
    """Parse, run."""
    if not FLAGS.experiment:
        raise InputError(f"--experiment is missing; known: {', '.join(paper.NAMES)}")
    require_known("experiment", FLAGS.experiment, paper.NAMES)
    reproduce(
        FLAGS.experiment,
        budget=FLAGS.budget,
        output=FLAGS.output or os.path.join("results", _default_name()),
        runs_dir=FLAGS.runs_dir,
        data_dir=FLAGS.data_dir,
        seeds=FLAGS.seeds,
        reuse=FLAGS.reuse,
        rows=FLAGS.rows,
    )


def _default_name():
    stands_in = FLAGS.budget == "smoke" and FLAGS.data_dir is None
    return f"{FLAGS.experiment}_{FLAGS.budget}" + ("_digits" if stands_in else "")


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
