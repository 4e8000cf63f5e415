"""Flags that several commands share: data and devices."""

from absl import flags

from aaa_tf.training.distribution import build_strategy, enable_xla
from aaa_tf.workers import is_chief

FLAGS = flags.FLAGS


def define_common_flags(default_dataset: str | None = "digits") -> None:
    """--dataset, --data_dir, --preset."""
    flags.DEFINE_string(
        "dataset",
        default_dataset,
        "digits, mnist, fashion_mnist, cifar10, an .npz file, or a folder of class folders",
    )
    flags.DEFINE_string(
        "data_dir",
        None,
        "folder of TensorFlow Datasets (default: TFDS_DATA_DIR)",
    )
    flags.DEFINE_string(
        "preset",
        "cpu",
        "values of all flags not given: paper (its protocol), cpu (an hour or two on two "
        "cores), smoke (seconds; shows that it runs, measures nothing)",
    )


def define_deterministic() -> None:
    """--deterministic, of the commands that train."""
    flags.DEFINE_bool(
        "deterministic",
        False,
        "repeatable to the last bit on the same machine, somewhat slower",
    )


def define_distribution() -> None:
    """--distribution, --xla: on what a command computes; neither changes what it computes."""
    flags.DEFINE_string(
        "distribution",
        "auto",
        "devices: one_device; mirrored (all GPUs of this machine); multi_worker (all machines of "
        "TF_CONFIG); auto (the last one that applies); see docs/scaling.md",
    )
    flags.DEFINE_bool("xla", False, "let XLA fuse operations on GPUs (untested; not on CPUs)")


def strategy_from_flags():
    """(strategy, log) of --distribution and --xla; `log` prints on the chief alone.

    To be called before anything else of TensorFlow is used.
    """
    if FLAGS.xla:
        enable_xla()
    strategy = build_strategy(FLAGS.distribution, log=lambda line: print(line, flush=True))
    return strategy, print if is_chief(strategy) else lambda *values: None
