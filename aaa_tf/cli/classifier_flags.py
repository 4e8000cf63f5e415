"""Flags about classifiers of the user's: which file, what it expects, how far it is trusted."""

from absl import flags

from aaa_tf.cli.config_flags import NumberParser, parse_numbers
from aaa_tf.errors import InputError
from aaa_tf.models.isolation import LoadLimits
from aaa_tf.models.loading import load_classifier

FLAGS = flags.FLAGS
_READING = ("signature", "pixel_range", "mean", "std")


def define_classifier_flags() -> None:
    """--classifier, and the two groups below."""
    flags.DEFINE_string(
        "classifier",
        None,
        "classifier: .keras, .h5, SavedModel directory or checkpoint prefix (docs/wrapping.md); "
        "bin/evaluate also takes a Python function, module:function",
    )
    define_reading_flags()
    define_load_flags()


def define_reading_flags() -> None:
    """--signature, --pixel_range, --mean, --std: what classifier files expect."""
    flags.DEFINE_string(
        "signature",
        "serving_default",
        "signature of a SavedModel; the only one of images stands for an absent serving_default",
    )
    flags.DEFINE_list(
        "pixel_range",
        ["0", "1"],
        "range of the pixels that a classifier file expects, such as 0,255",
    )
    flags.DEFINE_list(
        "mean",
        None,
        "mean it expects subtracted, in its pixel range: one number, or one a channel",
    )
    flags.DEFINE_list("std", None, "deviation it expects divided by, the same way")


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


def refuse_reading_flags(subject: str) -> None:
    """Raises InputError where a flag says how files are read, and there is `subject` instead."""
    for name in _READING:
        if FLAGS[name].present:
            raise InputError(f"--{name} is of classifier files; leave it out with {subject}")


def reading_options_from_flags() -> dict:
    """What `define_reading_flags` says, as arguments of `load_classifier`."""
    pixel_range = parse_numbers("pixel_range", FLAGS.pixel_range)
    if len(pixel_range) != 2:
        raise InputError("--pixel_range takes two numbers, such as 0,255")
    return {
        "signature": FLAGS.signature,
        "pixel_range": pixel_range,
        "mean": parse_numbers("mean", FLAGS.mean),
        "std": parse_numbers("std", FLAGS.std),
    }


def load_options_from_flags() -> dict:
    """What `define_load_flags` says, as arguments of `load_classifier`."""
    limits = LoadLimits(seconds=FLAGS.load_seconds, memory_gb=FLAGS.load_memory_gb)
    return {"trust": FLAGS.trust_classifier, "limits": limits}


def load_classifier_from_flags(image_shape):
    """The classifier of `define_classifier_flags`, for images of `image_shape`."""
    if not FLAGS.classifier:
        raise InputError(f"--classifier is missing: {FLAGS['classifier'].help}")
    options = reading_options_from_flags() | load_options_from_flags()
    return load_classifier(FLAGS.classifier, image_shape=image_shape, **options)
