import re
import xml.etree.ElementTree

import numpy as np
import pytest

from aaa_tf.evaluation import plots, svg

POINTS = [[0.3, 0.934], [0.0, 0.992], [0.1, 0.98]]
BARS = [("A", 0, {"fog": 0.9, "glass_blur": 0.8}), ("B", 1, {"fog": 0.7})]
RADII = [-0.3, 0.0, 0.3]


def draw_all():
    return {
        "curves": plots.draw_curves("eps", [("A/AAA", 0, POINTS), ("B", 9, POINTS)]),
        "log": plots.draw_curves("steps", [("A", 1, [[n, 1 / n] for n in range(1, 200)])]),
        "one": plots.draw_curves("restarts", [("A", 1, [[1, 0.5]])]),
        "bars": plots.draw_bars(BARS, is_difference=False),
        "difference": plots.draw_bars(BARS, is_difference=True),
        "dollars": plots.draw_bars([("A", 0, {"a$b<$^": 0.5})], is_difference=False),
        "surface": plots.draw_surface("A", RADII, np.arange(9).reshape(3, 3)),
        "losses": plots.draw_losses([("A", 0, [100.0, 10.0, 1.0])]),
        "flat": plots.draw_surface("A", RADII, np.zeros((3, 3))),
        "swatch": plots.draw_swatch(3),
    }


@pytest.fixture(scope="module")
def pictures():
    return draw_all()


def test_pictures_are_well_formed_and_load_nothing(pictures):
    for markup in pictures.values():
        root = xml.etree.ElementTree.fromstring(markup)
        assert root.tag.endswith("svg")
        assert "width" not in root.attrib
        for address in re.findall(r'(?:href|src)="([^"]*)"', markup):
            assert address.startswith(("#", "data:"))
        assert "@import" not in markup
        assert "<script" not in markup


def test_colours_are_those_of_the_page(pictures):
    for markup in pictures.values():
        assert not re.search(r"#010[23]", markup)
        assert "#000000" not in markup.replace("fill: #000000; stroke: none", "")
    assert "var(--series-0)" in pictures["curves"]
    assert "var(--series-1)" in pictures["curves"]
    assert "currentColor" in pictures["curves"]


def test_names_of_parts_differ_between_pictures_and_repeat_between_runs(pictures):
    names = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in pictures.items()}
    assert len(set.union(*names.values())) == sum(map(len, names.values()))
    for markup in pictures.values():
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', markup)
        assert set(used) <= set(re.findall(r'\bid="([^"]+)"', markup))
    assert draw_all() == pictures


def label(markup):
    return xml.etree.ElementTree.fromstring(markup).attrib.get("aria-label")


def test_text_alternatives_say_the_figures(pictures):
    assert "A/AAA: 0.3 gives 93.40, 0 gives 99.20" in label(pictures["curves"])
    assert "A: 85.00; B: 70.00" in label(pictures["bars"])
    assert "A: +85.00; B: +70.00" in label(pictures["difference"])
    text = label(pictures["surface"])
    assert "between 0 and 8" in text
    assert "largest at 0.3 along the gradient's sign and 0.3" in text
    assert label(pictures["swatch"]) is None


def test_a_surface_of_l2_went_along_the_gradient_itself():
    text = label(plots.draw_surface("A", RADII, np.arange(9).reshape(3, 3), norm="L2"))
    assert "largest at 0.3 along the gradient and 0.3" in text


def test_text_stays_text_of_a_readable_size(pictures):
    assert ">glass blur<" in pictures["bars"]
    assert ">a$b&lt;$^<" in pictures["dollars"]
    sizes = re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", "".join(pictures.values()))
    assert sizes
    assert min(map(float, sizes)) >= svg.FONT_SIZE
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', pictures["curves"])[1])
    assert width == pytest.approx(svg.WIDTH)


@pytest.mark.parametrize("has_marker", [True, False])
def test_series_differ_by_colour_dash_or_marker(has_marker):
    drawn = [plots.draw_swatch(index, has_marker=has_marker) for index in range(16)]
    swatches = [re.sub(r"p[0-9a-f]{10}-", "", swatch) for swatch in drawn]
    styles = {tuple(re.findall(r"style=\"([^\"]+)\"", swatch)) for swatch in swatches}
    assert len(styles) == 16


def test_the_loss_of_an_attack_is_told_at_its_ends_and_half_way(pictures):
    assert "A: 100 at the first step, 10 half way, 1 at the last" in label(pictures["losses"])
