"""Flags made from the configuration's dataclasses: one flag a field, with its help and default.

A flag that is not given takes the value of --preset for the data set. `--eps=8/255` is read as a
fraction, never evaluated.
"""

import dataclasses
import fractions

from absl import flags

from aaa_tf import presets
from aaa_tf.config import EvalConfig
from aaa_tf.data import require_dataset
from aaa_tf.errors import InputError
from aaa_tf.models.isolation import LoadLimits
from aaa_tf.models.loading import load_classifier
from aaa_tf.training.distribution import build_strategy, enable_xla
from aaa_tf.workers import is_chief

FLAGS = flags.FLAGS
# Suites whose attacks bring their steps and restarts.
_OWN_STEPS = ("autoattack", "quick")
_SHOWN = ("digits", "mnist", "fashion_mnist", "cifar10", "other")


class _NumberParser(flags.ArgumentParser):
    """A number, or a fraction of two integers such as 8/255."""

    syntactic_help = "a number or a fraction"

    def parse(self, argument):
        try:
            return float(fractions.Fraction(str(argument)))
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(f"'{argument}' is no number; write 0.3 or 8/255") from error

    def flag_type(self):
        return "number"


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
        _NumberParser(),
        "load_seconds",
        limits.seconds,
        "seconds that a classifier file may take to load",
    )
    flags.DEFINE(
        _NumberParser(),
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


def define_config_flags(cls, kind, *, prefix="", skip=()) -> None:
    """A flag `prefix + field` for each field of the dataclass `cls`.

    Args:
        cls: LoopConfig subclass or EvalConfig.
        kind: which preset values the defaults come from.
        prefix: put before every name.
        skip: fields without a flag.
    """
    for field in dataclasses.fields(cls):
        if field.name in skip:
            continue
        name = prefix + field.name.rstrip("_")
        text = f"{field.metadata['help']} ({_describe_default(field, kind)})"
        if field.type is float:
            flags.DEFINE(_NumberParser(), name, None, text)
        elif field.type is int:
            flags.DEFINE_integer(name, None, text)
        elif field.type is bool:
            flags.DEFINE_bool(name, None, text)
        elif field.type is str:
            flags.DEFINE_string(name, None, text)
        else:
            flags.DEFINE_list(name, None, text)


def config_from_flags(cls, values: dict, *, prefix="", **fixed):
    """An instance of `cls`: the preset's `values`, overridden by flags given, and by `fixed`."""
    given = {}
    for field in dataclasses.fields(cls):
        name = prefix + field.name.rstrip("_")
        if field.name in fixed or name not in FLAGS:
            continue
        value = FLAGS[name].value
        if value is not None:
            given[field.name] = _parse_list(name, field, value)
    return cls(**values | given | fixed)


def eval_config_from_flags(values: dict, *, prefix="", **fixed) -> EvalConfig:
    """`config_from_flags` of an EvalConfig; InputError for flags that its suite does not read."""
    config = config_from_flags(EvalConfig, values, prefix=prefix, **fixed)
    _require_l2_radius(config)
    decided = {"attacks"} if config.suite else set()
    is_pgd_listed = any(name.startswith("pgd") for name in config.attacks)
    brings_steps = config.suite in _OWN_STEPS if config.suite else not is_pgd_listed
    if brings_steps and not _are_steps_read():
        decided |= {"step_size", "num_steps", "num_restarts"}
    if config.suite in presets.PAPER_SUITES:
        decided |= {"eps", "norm", "step_size", "num_steps", "num_restarts"}
        eps = presets.paper_protocol(presets.PAPER_SUITES[config.suite])["eps"]
        if fixed.get("eps", eps) != eps:
            raise InputError(
                f"suite {config.suite} attacks at eps {eps:g}, the training at {fixed['eps']:g}; "
                f"choose another --{prefix}suite"
            )
    subject = f"suite {config.suite}" if config.suite else f"--attacks={','.join(config.attacks)}"
    for name in sorted(prefix + name for name in decided):
        if name in FLAGS and FLAGS[name].present:
            raise InputError(f"{subject} decides --{name} itself; leave one of them out")
    return config


def _require_l2_radius(config):
    """The eps of presets and trainings is of Linf; as an L2 radius it would be next to nothing."""
    if config.norm != "L2" or config.suite in presets.PAPER_SUITES:
        return
    if FLAGS.eps is None:
        raise InputError("--norm=L2 needs an --eps of its own, such as 3 on MNIST, 0.5 on CIFAR-10")


def _are_steps_read():
    """Whether bin/evaluate draws or trains something with PGD's parameters beside its suite."""
    return any(name in FLAGS and FLAGS[name].value for name in ("curves", "baselines"))


def _parse_list(name, field, value):
    """A list flag as the tuple that its field is; any other value as it is."""
    if not isinstance(value, list):
        return value
    if field.type != tuple[int, ...]:
        return tuple(value)
    try:
        return tuple(int(element) for element in value)
    except ValueError as error:
        raise InputError(
            f"--{name} takes whole numbers, such as 3,7,20; not {','.join(value)}"
        ) from error


def preset_defaults(kind: str) -> dict:
    """The preset's values for data set, number of updates and eps of the flags."""
    require_dataset(FLAGS.dataset)
    names = [name for name in ("train_steps", "eps") if name in FLAGS]
    given = {name: FLAGS[name].value or 0 for name in names}
    return presets.preset_values(FLAGS.dataset, FLAGS.preset, kind, **given)


def _describe_default(field, kind):
    values = _defaults(field, kind, "cpu")
    is_of_preset = any(_defaults(field, kind, preset) != values for preset in presets.PRESETS)
    text = f"default{' with --preset=cpu' if is_of_preset else ''}: {_show_all(values)}"
    if kind == "classifier" and field.name != "adversarial":
        adversarial = _defaults(field, "adversarial", "cpu")
        if adversarial != values:
            text += f"; with --adversarial: {_show_all(adversarial)}"
    return text


def _defaults(field, kind, preset):
    """Data set -> value."""
    return {
        dataset: presets.preset_values(dataset, preset, kind).get(field.name, field.default)
        for dataset in _SHOWN
    }


def _show_all(values):
    if len(set(values.values())) == 1:
        return _show(values["other"])
    return ", ".join(f"{dataset} {_show(value)}" for dataset, value in values.items())


def _show(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return repr(value) if value == "" else str(value)


def parse_numbers(name: str, values) -> tuple[float, ...] | None:
    """A list flag of numbers; None where it is not given."""
    if values is None:
        return None
    try:
        return tuple(_NumberParser().parse(value) for value in values)
    except ValueError as error:
        raise InputError(f"--{name}: {error}") from error
