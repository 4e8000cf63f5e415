"""Flags that several commands share: data, devices, and the user's classifier."""

from absl import flags

from aaa_tf.cli.config_flags import NumberParser, parse_numbers
from aaa_tf.errors import InputError
from aaa_tf.models.isolation import LoadLimits
from aaa_tf.models.loading import load_classifier
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


def define_classifier_flags() -> None:
    """--classifier and what a classifier of the user's may need said about it."""
    flags.DEFINE_string(
        "classifier",
        None,
        "classifier: .keras, .h5, SavedModel directory or checkpoint prefix (docs/wrapping.md); "
        "bin/evaluate also takes a Python function, module:function",
    )
    flags.DEFINE_string(
        "signature",
        "serving_default",
        "signature of a SavedModel; the only one of images stands for an absent serving_default",
    )
    flags.DEFINE_list(
        "pixel_range",
        ["0", "1"],
        "range of the pixels that the classifier expects, such as 0,255",
    )
    flags.DEFINE_list(
        "mean",
        None,
        "mean it expects subtracted, in its pixel range: one number, or one a channel",
    )
    flags.DEFINE_list("std", None, "deviation it expects divided by, the same way")
    define_load_flags()


def define_load_flags() -> None:
    """--trust_classifier and the limits of a file's first load."""
    limits = LoadLimits()
    flags.DEFINE_bool(
        "trust_classifier",
        False,
        "run what classifier files carry: Python code, references to other files, any operation. "
        "For files whose author you trust as you trust the author of a program",
    )
    flags.DEFINE(
        NumberParser(),
        "load_seconds",
        limits.seconds,
        "seconds that a classifier file may take to load",
    )
    flags.DEFINE(
        NumberParser(),
        "load_memory_gb",
        limits.memory_gb,
        "memory in GB that it may take to load",
    )


def load_options_from_flags() -> dict:
    """What `define_load_flags` says, as arguments of `load_classifier`."""
    limits = LoadLimits(seconds=FLAGS.load_seconds, memory_gb=FLAGS.load_memory_gb)
    return {"trust": FLAGS.trust_classifier, "limits": limits}


def load_classifier_from_flags(image_shape):
    """The classifier of `define_classifier_flags`, for images of `image_shape`."""
    if not FLAGS.classifier:
        raise InputError(f"--classifier is missing: {FLAGS['classifier'].help}")
    pixel_range = parse_numbers("pixel_range", FLAGS.pixel_range)
    if len(pixel_range) != 2:
        raise InputError("--pixel_range takes two numbers, such as 0,255")
    return load_classifier(
        FLAGS.classifier,
        image_shape=image_shape,
        signature=FLAGS.signature,
        pixel_range=pixel_range,
        mean=parse_numbers("mean", FLAGS.mean),
        std=parse_numbers("std", FLAGS.std),
        **load_options_from_flags(),
    )
