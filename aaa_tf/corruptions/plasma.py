"""A random height map by the diamond-square algorithm (Fournier, Fussell & Carpenter 1982).

    plasma_fractal(draws, 28, 28, decay=3)

It is made on a square whose side is a power of two, wraps around at the borders, and is cut.
"""

import numpy as np


def plasma_fractal(draws, height: int, width: int, *, decay: float) -> np.ndarray:
    """Height maps, one for each image.

    Args:
        draws: Draws of N images.
        height: rows.
        width: columns.
        decay: by how much the noise falls when the grid is halved; larger is smoother.

    Returns:
        (N, height, width); the whole square ranges from 0 to 1, a part of it within that.

    Reference: Hendrycks & Dietterich 2019, make_cifar_c, plasma_fractal: noise of `wibble` times a
    uniform number between -wibble and wibble, with wibble 100 at first.
    """
    side = 1 << (max(height, width) - 1).bit_length()
    heights = np.zeros((len(draws), side, side))
    step, wibble = side, 100.0
    while step >= 2:
        half = step // 2

        def around(total, wibble=wibble):
            """The mean of four points, and noise."""
            return total / 4 + wibble * draws.uniform(-wibble, wibble, total.shape[1:])

        corners = heights[:, ::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=1)
        heights[:, half::step, half::step] = around(pairs + np.roll(pairs, -1, axis=2))
        middles = heights[:, half::step, half::step]
        above_and_below = middles + np.roll(middles, 1, axis=1)
        left_and_right = corners + np.roll(corners, -1, axis=2)
        heights[:, ::step, half::step] = around(above_and_below + left_and_right)
        left_and_right = middles + np.roll(middles, 1, axis=2)
        above_and_below = corners + np.roll(corners, -1, axis=1)
        heights[:, half::step, ::step] = around(left_and_right + above_and_below)
        step, wibble = half, wibble / decay
    heights -= heights.min(axis=(1, 2), keepdims=True)
    heights /= heights.max(axis=(1, 2), keepdims=True)
    return heights[:, :height, :width]
