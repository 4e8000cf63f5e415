"""A matplotlib figure as SVG that belongs to the page around it.

    figure = new_figure(height=200)
    figure.subplots().plot(x, y, color=series_colour(0))
    markup = to_svg(figure, "what the picture says, with its figures")

Text stays text in the page's font, and colours are the page's own (CSS variables), so that one
picture serves light, dark and print. Nothing is loaded from outside.
"""

import hashlib
import html
import io
import re

import matplotlib
import matplotlib.figure

# SVG units. A phone of 360 px shows 328 of them or more, so that text is not under 14 px.
WIDTH, FONT_SIZE = 328, 14
NUM_SERIES = 8
# Colours that no picture uses otherwise; `to_svg` turns them into the page's.
INK, LINE, PAPER = "#010203", "#010204", "#010205"
_SERIES = [f"#0103{index:02x}" for index in range(NUM_SERIES)]
_PAGE_COLOURS = {
    INK: "currentColor",
    LINE: "var(--line)",
    PAPER: "var(--page)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(_SERIES)},
}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "aaa_tf",
    "font.size": FONT_SIZE,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
}
_HEADER = re.compile(r"^.*?<svg [^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def series_colour(index: int) -> str:
    """The colour of the series of that index; they repeat after NUM_SERIES."""
    return _SERIES[index % NUM_SERIES]


def page_colour(index: int) -> str:
    """The same as CSS, for what the page itself paints."""
    return _PAGE_COLOURS[series_colour(index)]


def style():
    """Context in which a picture must be drawn, and which `to_svg` saves it in."""
    return matplotlib.rc_context(_STYLE)


def new_figure(height: float, width: float = WIDTH) -> matplotlib.figure.Figure:
    """An empty figure of that size in SVG units, laid out without overlap."""
    # 72 units an inch: then a font of 14 points is 14 units high.
    return matplotlib.figure.Figure(figsize=(width / 72, height / 72), layout="constrained")


def to_svg(figure, text: str) -> str:
    """A figure as an inline <svg> element, safe to put into HTML as it is.

    Args:
        figure: drawn within `style()`.
        text: what the picture says, for those who do not see it; "" for mere decoration.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    body = _METADATA.sub("", buffer.getvalue())
    role = f'role="img" aria-label="{html.escape(text)}"' if text else 'aria-hidden="true"'
    namespace = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    body = _HEADER.sub(lambda m: f'<svg {namespace} viewBox="{m[1]}" {role}>', body, count=1)
    for colour, page_colour in _PAGE_COLOURS.items():
        body = body.replace(colour, page_colour)
    # Names of parts (clip paths, markers) must not meet those of the page's other pictures.
    prefix = "p" + hashlib.sha256(body.encode()).hexdigest()[:10]
    return _ID.sub(lambda m: f"{m[1]}{prefix}-", body)
