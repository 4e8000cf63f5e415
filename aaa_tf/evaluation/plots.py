"""The pictures of report.html: curves, bars and a loss surface, as inline SVG.

    draw_curves("eps", [("A/AAA", 0, [(0.0, 0.99), (0.3, 0.93)])])

A series keeps its index, and so its colour, dash and marker, through all pictures of a page; the
page's legend shows them by `draw_swatch`. Every picture says its figures in its text alternative.
"""

import numpy as np

from aaa_tf.evaluation import svg
from aaa_tf.evaluation.figures_text import format_difference, format_percent, format_type

_MARKERS = "os^Dvp*X"
_DASHES = ("-", "--", "-.", ":")
_MAX_TICKS = 5


def draw_curves(axis_name: str, series) -> str:
    """Robust accuracy in percent against something, all series in one picture.

    Args:
        axis_name: what x is: "eps", "steps" or "restarts".
        series: list of (label, index, points); points are pairs (x, accuracy as a share of 1).
    """
    with svg.style():
        figure = svg.new_figure(240)
        axes = figure.subplots()
        for _, index, points in series:
            x, accuracy = zip(*sorted(map(tuple, points)), strict=True)
            axes.plot(x, 100 * np.array(accuracy), **_line_style(index), clip_on=False)
        all_x = sorted({x for _, _, points in series for x, _ in points})
        axes.set_xticks(_thin(all_x), [f"{x:g}" for x in _thin(all_x)])
        axes.set_xticks([], minor=True)
        axes.set_ylim(0, 100)
        axes.grid(axis="y")
        axes.set_xlabel(axis_name)
        axes.set_ylabel("robust accuracy, %")
        told = "; ".join(f"{label}: {_tell(points)}" for label, _, points in series)
        return svg.to_svg(figure, f"Robust accuracy in percent against {axis_name}. {told}.")


def draw_bars(series, *, is_difference: bool) -> str:
    """Horizontal bars, grouped: one group a corruption type, one bar a series.

    Args:
        series: list of (label, index, {type: share of 1}).
        is_difference: whether the values are differences, drawn to both sides of zero.
    """
    kinds = list(dict.fromkeys(kind for _, _, values in series for kind in values))
    unit = "difference in points" if is_difference else "accuracy, %"
    # A group: its bars at 10 units each, and 12 to the next one.
    step = 10 * len(series) + 12
    with svg.style():
        figure = svg.new_figure(step * len(kinds) + 60)
        axes = figure.subplots()
        for place, (_, index, values) in enumerate(series):
            at = [step * kinds.index(kind) + 10 * place + 5 for kind in values]
            lengths = [100 * value for value in values.values()]
            axes.barh(at, lengths, height=8, color=svg.series_colour(index))
        centres = [step * i + 5 * len(series) for i in range(len(kinds))]
        axes.set_yticks(centres, [format_type(kind) for kind in kinds], parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(step * len(kinds) - 6, -6)
        axes.set_xlabel(unit)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        if is_difference:
            axes.axvline(0, color=svg.INK, linewidth=1)
        else:
            axes.set_xlim(0, 100)
        form = format_difference if is_difference else format_percent
        means = [(label, sum(v.values()) / len(v)) for label, _, v in series]
        told = "; ".join(f"{label}: {form(mean)}" for label, mean in means)
        text = f"Bars of {unit} by corruption type; the table below has each. Means: {told}."
        return svg.to_svg(figure, text)


def draw_losses(series) -> str:
    """The loss of a minimising attack at each of its steps: flat at the end, it has converged.

    Args:
        series: list of (label, index, losses); losses are one number a step.
    """
    with svg.style():
        figure = svg.new_figure(240)
        axes = figure.subplots()
        for _, index, losses in series:
            style = _line_style(index) | {"marker": "", "linewidth": 1.5}
            axes.plot(np.arange(1, len(losses) + 1), losses, **style)
        axes.set_yscale("log")
        ends = [min(min(losses) for _, _, losses in series), max(max(ls) for _, _, ls in series)]
        ticks = np.geomspace(*ends, 4)
        axes.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axes.set_yticks([], minor=True)
        axes.grid(axis="y")
        axes.set_xlabel("step")
        axes.set_ylabel("mean loss")
        told = "; ".join(
            f"{label}: {losses[0]:.3g} at the first step, {losses[len(losses) // 2]:.3g} half way, "
            f"{losses[-1]:.3g} at the last"
            for label, _, losses in series
        )
        return svg.to_svg(figure, f"Mean loss of the attack at each step. {told}.")


def draw_surface(label: str, radii, loss, norm: str = "Linf") -> str:
    """The loss around images as a map.

    Args:
        label: the row it is of.
        radii: (R,) distances in units of pixels.
        loss: (R, R), along the gradient (rows) and a random direction (columns).
        norm: of the distances; for Linf the rows went along the gradient's sign.
    """
    gradient = "the gradient's sign" if norm == "Linf" else "the gradient"
    loss, radii = np.asarray(loss, float), np.asarray(radii, float)
    with svg.style():
        figure = svg.new_figure(270)
        axes = figure.subplots()
        low, high = radii.min(), radii.max()
        picture = axes.imshow(loss.T, origin="lower", extent=(low, high, low, high), aspect="auto")
        axes.set_xlabel(f"along {gradient}")
        axes.set_ylabel("random direction")
        ticks = [low, (low + high) / 2, high]
        axes.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
        axes.set_yticks(ticks, [f"{tick:.2g}" for tick in ticks])
        scale = np.linspace(loss.min(), loss.max(), 3) if loss.max() > loss.min() else [loss.min()]
        bar = figure.colorbar(picture, label="loss", ticks=scale)
        bar.set_ticklabels([f"{value:.2g}" for value in scale])
        row, column = np.unravel_index(loss.argmax(), loss.shape)
        text = (
            f"Loss of {label} near an image, between {loss.min():.3g} and {loss.max():.3g}; "
            f"largest at {radii[row]:.2g} along {gradient} and {radii[column]:.2g} "
            "along a random direction."
        )
        return svg.to_svg(figure, text)


def draw_swatch(index: int, *, has_marker: bool = True) -> str:
    """A piece of the line of a series, for the legend; lines of `draw_losses` have no markers."""
    with svg.style():
        figure = svg.new_figure(16, width=44)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        style = _line_style(index) | ({} if has_marker else {"marker": ""})
        axes.plot([0, 1, 2], [0, 0, 0], **style, markevery=[1])
        return svg.to_svg(figure, "")


def _line_style(index):
    return {
        "color": svg.series_colour(index),
        "marker": _MARKERS[index % len(_MARKERS)],
        # Another dash too once the colours repeat.
        "linestyle": _DASHES[(index + index // svg.NUM_SERIES) % len(_DASHES)],
        "markersize": 6,
        "linewidth": 2,
    }


def _tell(points):
    return ", ".join(f"{x:g} gives {format_percent(accuracy)}" for x, accuracy in points)


def _thin(values):
    """At most _MAX_TICKS of the values, the first and the last among them."""
    if len(values) <= _MAX_TICKS:
        return values
    places = np.linspace(0, len(values) - 1, _MAX_TICKS).round().astype(int)
    return [values[place] for place in places]
