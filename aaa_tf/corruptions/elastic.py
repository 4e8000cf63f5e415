"""Elastic transform of CIFAR-10-C: a random affine map, then a smooth field of displacements.

    elastic_transform(images, (0.08, 0.06, 0.06), draws)

The three constants are shares of the shorter side, as in the published code, where it is 32.
OpenCV's warpAffine is replaced by a bilinear lookup at coordinates rounded to 1/32 pixel, as
OpenCV 3.4 and 4.10 do; their single precision can move a value by a level or two.

Reference: Hendrycks & Dietterich 2019, make_cifar_c, after Simard, Steinkraus & Platt 2003.
"""

import numpy as np
import scipy.ndimage

# OpenCV computes positions in units of 1/1024 pixel and looks up values in steps of 1/32.
_FINE, _COARSE = 1024, 32


def elastic_transform(images, constant, draws):
    """Affine map, then displacements; `constant`: (size, smoothness, largest move of a corner)."""
    height, width = images.shape[1:3]
    size, smoothness, move = (share * min(height, width) for share in constant)
    rows, columns = _affine_sources(height, width, draws.uniform(-move, move, (3, 2)))
    images = bilinear(images, rows, columns, border="mirror")
    fields = draws.uniform(-1, 1, (2, height, width))
    fields = size * scipy.ndimage.gaussian_filter(
        fields, smoothness, axes=(2, 3), mode="reflect", truncate=3
    )
    rows, columns = np.mgrid[:height, :width]
    return bilinear(images, rows + fields[:, 1], columns + fields[:, 0], border="reflect")


def _affine_sources(height, width, moves):
    """Where each pixel comes from when three points are moved; two (N, height, width).

    The points are three corners of a square around the middle with sides of two thirds of the
    shorter side; `moves` (N, 3, 2) are in pixels, x before y.
    """
    reach = min(height, width) // 3
    points = np.array([width // 2, height // 2]) + reach * np.array([[1, 1], [1, -1], [-1, -1]])
    moved = np.concatenate([points + moves, np.ones((len(moves), 3, 1))], axis=2)
    back = np.linalg.solve(moved, np.broadcast_to(points.astype(float), moves.shape))
    along_x, along_y, start = (back[:, k, None, None] * _FINE for k in range(3))
    columns, rows = np.arange(width)[None, None, :, None], np.arange(height)[None, :, None, None]
    fine = np.rint(along_x * columns) + np.rint(along_y * rows + start)
    sources = np.floor(fine * _COARSE / _FINE + 0.5) / _COARSE
    return sources[..., 1], sources[..., 0]


def bilinear(images, rows, columns, *, border: str) -> np.ndarray:
    """Values of images between pixels.

    Args:
        images: (N, H, W, C).
        rows: (N, H', W') row of each point looked up, in pixels; may lie outside.
        columns: (N, H', W').
        border: "mirror" (d c b | a b c d) or "reflect" (c b a | a b c d), as SciPy names them.

    Returns:
        (N, H', W', C).
    """
    each = np.arange(len(images))[:, None, None]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    above, below = (_inside(top + i, images.shape[1], border) for i in (0, 1))
    before, after = (_inside(left + i, images.shape[2], border) for i in (0, 1))
    upper = (1 - right) * images[each, above, before] + right * images[each, above, after]
    lower = (1 - right) * images[each, below, before] + right * images[each, below, after]
    return (1 - down) * upper + down * lower


def _inside(index, size, border):
    """Folds indices beyond the border back into 0 to size - 1."""
    repeat = 1 if border == "reflect" else 0
    period = 2 * (size - 1 + repeat)
    index = index % period
    return np.where(index >= size, period - repeat - index, index)
