"""Flags made from the configuration's dataclasses: one flag a field, with its help and default.

A flag that is not given takes the value of --preset for the data set. `--eps=8/255` is read as a
fraction, never evaluated. A flag that nothing would read is refused.
"""

import dataclasses
import fractions

from absl import flags

from aaa_tf import presets
from aaa_tf.config import EvalConfig
from aaa_tf.data import require_dataset
from aaa_tf.errors import InputError

FLAGS = flags.FLAGS
# Suites whose attacks bring their steps and restarts.
_OWN_STEPS = ("autoattack", "quick")
_SHOWN = ("digits", "mnist", "fashion_mnist", "cifar10", "other")


class NumberParser(flags.ArgumentParser):
    """A number, or a fraction of two integers such as 8/255."""

    syntactic_help = "a number or a fraction"

    def parse(self, argument):
        """The number that a text stands for."""
        try:
            return float(fractions.Fraction(str(argument)))
        except (ValueError, ArithmeticError) as error:  # 8/0, or too large for a float
            raise ValueError(f"'{argument}' is no number; write 0.3 or 8/255") from error

    def flag_type(self):
        """What --help calls it."""
        return "number"


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
            flags.DEFINE(NumberParser(), name, None, text)
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


def training_config_from_flags(cls, kind: str):
    """`config_from_flags` of a training's class; InputError for flags that it would not read.

    Args:
        cls: AAAConfig or ClassifierConfig.
        kind: which preset values the defaults come from.
    """
    config = config_from_flags(cls, preset_defaults(kind))
    loss = getattr(config, "loss", "")
    reasons = {
        "lambda": loss in ("xent", "mse") and f"loss {loss} has no lambda",
        "trades_beta": loss != "trades_mse" and "it is of --loss=trades_mse",
        "plateau_patience": config.learning_rate_schedule != "plateau"
        and "it is of --learning_rate_schedule=plateau",
        "overfitting_fallback": not config.overfitting_drop and "nothing is watched at drop 0",
    }
    for name, reason in reasons.items():
        if reason and name in FLAGS and FLAGS[name].present:
            raise InputError(f"--{name} would do nothing here, {reason}; leave it out")
    return config


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
        return tuple(NumberParser().parse(value) for value in values)
    except ValueError as error:
        raise InputError(f"--{name}: {error}") from error
