"""What config.py asks of values, each with the line that says what was wrong."""

import inspect

from aaa_tf.errors import InputError, require_known

LOSSES = ("xent", "mse", "xent_mse", "trades_mse")
# What a loss of one's own may ask for, by the names of its arguments (training/objective.py).
LOSS_ARGUMENTS = ("reconstruction", "logits", "clean_logits", "images", "labels")


def check_positive(name, value) -> None:
    """Raises InputError for a count below 1."""
    if value < 1:
        raise InputError(f"{name} must be at least 1, not {value}")


def check_loss(loss) -> None:
    """Raises InputError for an unknown objective, or a function that is none."""
    if not callable(loss):
        require_known("loss", loss, LOSSES)
        return
    if getattr(loss, "__name__", "<lambda>") == "<lambda>":
        raise InputError(
            "a loss of one's own must be a function made by def, because its name is what tells "
            "one run from another"
        )
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    unknown = [
        str(parameter)
        for name, parameter in inspect.signature(loss).parameters.items()
        if parameter.kind not in named
        or (name not in LOSS_ARGUMENTS and parameter.default is inspect.Parameter.empty)
    ]
    if unknown:
        raise InputError(
            f"loss {loss.__name__} has the arguments {', '.join(unknown)}; a loss is given what "
            f"its arguments name, of {', '.join(LOSS_ARGUMENTS)}"
        )


def check_names(name, values) -> None:
    """Raises InputError for anything but a tuple of names, such as one name alone."""
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{name} must be a tuple of names, not {values!r}")


def check_seed(seed) -> None:
    """Raises InputError for a seed that is out of range."""
    # NumPy, from whose generators data order, initial weights and corruptions come, takes no other.
    if not 0 <= seed < 2**32:
        raise InputError(f"seed must be from 0 to 4294967295, not {seed}")


def check_attack(eps, step_size, num_steps, norm="Linf", longest=1) -> None:
    """Raises InputError for an adversary that is none, or whose steps do not suit its eps.

    Args:
        eps: radius in pixels in [0, 1]; an L2 radius has no upper bound.
        step_size: length of a step, same unit.
        num_steps: number of them.
        norm: "Linf" or "L2".
        longest: how many eps a step may have.
    """
    if not eps >= 0 or (norm == "Linf" and eps > 1):
        raise InputError(f"eps must be in [0, 1] (pixels are scaled to [0, 1]), not {eps}")
    if not 0 <= step_size <= longest * eps:
        bound = "eps" if longest == 1 else f"{longest} eps"
        raise InputError(
            f"step_size must be between 0 and {bound} = {longest * eps:g}, not {step_size}"
        )
    if eps and not step_size:
        raise InputError(f"step_size must be above 0 for an adversary of eps {eps:g}")
    check_positive("num_steps", num_steps)
