"""Edges by Canny's method, and the distance to the nearest edge, as OpenCV computes them.

    chamfer_distance(canny_edges(layers, 50, 150), limit=20)

Layers are (N, H, W) integers in 0 to 255. Only `spatter` needs this.
"""

import numpy as np
import scipy.ndimage

# tan 22.5 degrees in units of 2**-15; tan 67.5 degrees is that plus 2.
_TAN_22 = 13573
# Lengths of a step, a diagonal step and a knight's move that fit Euclid's best (Borgefors 1986).
_MOVES = (
    [((0, 1), 1.0), ((1, 0), 1.0), ((1, 1), 1.4), ((1, -1), 1.4)]
    + [((1, side * 2), 2.1969) for side in (-1, 1)]
    + [((2, side * 1), 2.1969) for side in (-1, 1)]
)


def canny_edges(layers, low: int, high: int) -> np.ndarray:
    """Edges of thickness one.

    Args:
        layers: (N, H, W) integers in 0 to 255.
        low: gradient magnitude |dx| + |dy| (3x3 Sobel) above which an edge goes on.
        high: magnitude above which it starts.

    Returns:
        (N, H, W) bool.

    Reference: Canny 1986, with the ties and sectors of OpenCV's Canny and its default L1 norm.
    """
    layers = np.asarray(layers, np.int64)
    along = [(-1, 0, 1), (1, 2, 1)]
    right, down = (
        _correlate(_correlate(layers, along[0], axis), along[1], 3 - axis) for axis in (2, 1)
    )
    magnitude = np.abs(right) + np.abs(down)
    is_edge = (magnitude > low) & _is_ridge(magnitude, right, down)
    groups, count = scipy.ndimage.label(is_edge, _IN_ONE_LAYER)
    starts = np.zeros(count + 1, bool)
    starts[groups[is_edge & (magnitude > high)]] = True
    return starts[groups]


# Eight neighbours in the same layer are connected, layers are not.
_IN_ONE_LAYER = np.stack([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))]).astype(int)


def _correlate(layers, weights, axis):
    return scipy.ndimage.correlate1d(layers, weights, axis=axis, mode="nearest")


def _is_ridge(magnitude, right, down):
    """Whether no neighbour along the gradient is larger, in one of four sectors."""
    x, y = np.abs(right), np.abs(down) << 15
    near_x, near_y = y < x * _TAN_22, y > x * (_TAN_22 + (1 << 16))

    def beats(row, column, ties=False):
        other = shift(magnitude, row, column, 0)
        return magnitude >= other if ties else magnitude > other

    falling = np.where((right < 0) == (down < 0), beats(-1, -1) & beats(1, 1),
                       beats(-1, 1) & beats(1, -1))  # fmt: skip
    vertical = beats(-1, 0) & beats(1, 0, ties=True)
    horizontal = beats(0, -1) & beats(0, 1, ties=True)
    return np.where(near_x, horizontal, np.where(near_y, vertical, falling))


def chamfer_distance(is_edge, *, limit: float) -> np.ndarray:
    """Length of the shortest way to an edge in steps, diagonals and knight's moves.

    Args:
        is_edge: (N, H, W) bool.
        limit: larger distances, and that without any edge, become this.

    Returns:
        (N, H, W) float64. OpenCV's distanceTransform(DIST_L2, 5) but for its fixed-point rounding.
    """
    distance = np.where(is_edge, 0.0, limit)
    while True:
        before = distance
        for (row, column), length in _MOVES:
            for sign in (-1, 1):
                moved = shift(distance, sign * row, sign * column, limit) + length
                distance = np.minimum(distance, moved)
        if np.array_equal(before, distance):
            return distance


def shift(layers, row: int, column: int, fill):
    """The neighbour of each pixel at (row, column), `fill` beyond the border."""
    reach = max(abs(row), abs(column))
    padded = np.pad(layers, ((0, 0), (reach, reach), (reach, reach)), constant_values=fill)
    height, width = layers.shape[1:]
    top, left = reach + row, reach + column
    return padded[:, top : top + height, left : left + width]
