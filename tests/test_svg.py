import re

from aaa_tf.evaluation import svg


def draw(text, index=0):
    """A picture of one line in the colour of a series."""
    with svg.style():
        figure = svg.new_figure(height=100)
        figure.subplots().plot([0, 1], [0, 1], color=svg.series_colour(index))
    return svg.to_svg(figure, text)


def test_colours_repeat_after_the_last_series():
    colours = [svg.series_colour(index) for index in range(2 * svg.NUM_SERIES)]
    assert len(set(colours)) == svg.NUM_SERIES
    assert colours[: svg.NUM_SERIES] == colours[svg.NUM_SERIES :]
    assert svg.page_colour(svg.NUM_SERIES + 3) == "var(--series-3)"


def test_a_picture_has_the_pages_colours_and_only_those():
    markup = draw("a line", index=5)
    assert "var(--series-5)" in markup
    assert "currentColor" in markup
    assert not re.search("#0102|#0103", markup)


def test_what_it_says_is_escaped_and_decoration_is_hidden():
    assert 'role="img" aria-label="a &lt; &quot;b&quot;"' in draw('a < "b"')
    markup = draw("")
    assert 'aria-hidden="true"' in markup
    assert "aria-label" not in markup


def test_the_same_picture_is_the_same_text_and_shares_no_name_with_another():
    one, again, other = draw("one"), draw("one"), draw("one", index=1)
    assert one == again
    names = [set(re.findall(r'id="([^"]+)"', markup)) for markup in (one, other)]
    assert all(names)
    assert not names[0] & names[1]
