"""How a figure is written, everywhere."""


def format_figure(accuracy: float, interval, is_subset: bool) -> str:
    """An accuracy in percent; its interval where it comes from a subset.

    Args:
        accuracy: share in [0, 1].
        interval: (low, high), shares.
        is_subset: whether the examples evaluated are only some of those there are.
    """
    text = f"{100 * accuracy:.2f}"
    if not is_subset:
        return text
    return f"{text} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
