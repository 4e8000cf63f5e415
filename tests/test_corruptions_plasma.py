import numpy as np
import pytest

from aaa_tf.corruptions.plasma import plasma_fractal
from tests.corruption_inputs import GivenDraws, draws_of


def test_plasma_of_side_two_by_hand():
    """Noise of 100 * 100 everywhere: 0 in the corner, 1e4 in the middle, 1.5e4 at the edges."""
    heights = plasma_fractal(GivenDraws(uniform=100.0), 2, 2, decay=3)[0]
    np.testing.assert_allclose(heights, [[0, 1], [1, 2 / 3]])


def test_plasma_point_by_point():
    """Each new point is the mean of its four nearest on the torus, and noise; side 8, decay 2."""
    draws, heights = draws_of("fog", 4, 1), np.zeros((8, 8))
    for half, wibble in ((4, 100), (2, 50), (1, 25)):
        cells = range(0, 8, 2 * half)
        middles = [(row + half, column + half) for row in cells for column in cells]
        tops = [(row, column + half) for row in cells for column in cells]
        sides = [(row + half, column) for row in cells for column in cells]
        crosswise, straight = (
            [(-1, -1), (-1, 1), (1, -1), (1, 1)],
            [(-1, 0), (1, 0), (0, 1), (0, -1)],
        )
        for points, ways in ((middles, crosswise), (tops, straight), (sides, straight)):
            noise = wibble * draws.uniform(-wibble, wibble, (len(cells), len(cells))).ravel()
            for (row, column), extra in zip(points, noise, strict=True):
                near = [heights[(row + half * r) % 8, (column + half * c) % 8] for r, c in ways]
                heights[row, column] = sum(near) / 4 + extra
    expected = (heights - heights.min()) / (heights.max() - heights.min())
    found = plasma_fractal(draws_of("fog", 4, 1), 8, 8, decay=2)[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (9, 13)])
def test_plasma_ranges_over_its_square(height, width):
    heights = plasma_fractal(draws_of("fog", 1, 3), height, width, decay=2)
    assert heights.shape == (3, height, width)
    assert 0 <= heights.min() <= heights.max() <= 1
    if height == width == 8:
        np.testing.assert_array_equal(heights.min(axis=(1, 2)), 0)
        np.testing.assert_array_equal(heights.max(axis=(1, 2)), 1)
