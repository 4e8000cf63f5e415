"""Proposals of the Square attack for L2 (Andriushchenko et al. 2020, section 3.2).

A perturbation is made of bumps: two stacks of concentric rectangles, one up and one down, whose
mass sits in their middles. A proposal adds a bump to one window, takes the mass for it from that
window and a second one, which it empties, and spends what is left of the budget.
"""

import numpy as np
import tensorflow as tf

from aaa_tf.attacks import norms

_TINY = 1e-12


def make_bump(side: int) -> np.ndarray:
    """A bump of unit length, (side, side): upper half up, lower half down."""
    upper = side // 2
    bump = np.concatenate([_rectangles(upper, side), -_rectangles(side - upper, side)])
    return (bump / np.linalg.norm(bump)).astype(np.float32)


def _rectangles(height, width):
    """Concentric rectangles around the middle; the one of radius r adds 1 / (r + 1)^2."""
    rows, columns = np.arange(height) - height // 2, np.arange(width) - width // 2
    radius = np.maximum(np.abs(rows)[:, None], np.abs(columns)[None])
    last = max(height, width) // 2
    weights = np.cumsum((1.0 / (np.arange(last + 1) + 1) ** 2)[::-1])[::-1]
    stack = np.append(weights, 0.0)[np.minimum(radius, last + 1)]
    return stack / max(np.linalg.norm(stack), _TINY)


def tiles(images, eps, draws):
    """The first proposal: a grid of bumps with random signs and directions, of length eps."""
    height, width, channels = images.shape[1:]
    side = min(max(min(height, width) // 5, 2), height, width)
    rows, columns = height // side, width // side
    bump = make_bump(side)
    grids = [tf.constant(np.tile(b, (rows, columns))) for b in (bump, bump.T)]

    def spread(values):
        """(N, rows * columns * k) -> (N, rows * side, columns * side, k), constant on tiles."""
        values = tf.reshape(values, (-1, rows, columns, values.shape[1] // (rows * columns)))
        return tf.repeat(tf.repeat(values, side, axis=1), side, axis=2)

    is_turned = spread(draws.uniform(rows * columns)) < 0.5
    grid = tf.where(is_turned, grids[1][None, :, :, None], grids[0][None, :, :, None])
    pattern = grid * spread(draws.signs(rows * columns * channels))
    above, left = (height - rows * side) // 2, (width - columns * side) // 2
    padding = ((above, height - rows * side - above), (left, width - columns * side - left))
    pattern = tf.pad(pattern, ((0, 0), *padding, (0, 0)))
    return tf.clip_by_value(images + eps * norms.normalize(pattern, "L2"), 0.0, 1.0)


def make_proposal(sides, height, width, *, pools_channels: bool = False):
    """propose(best, images, eps, side, draws) for the sides that occur.

    `pools_channels`: whether a new bump gets the mass of the windows over all channels, as in
    AutoAttack's code, in place of that of its own channel, as in the authors' first.
    """
    table = np.zeros((2, max(height, width) + 1, height, width), np.float32)
    for side in np.unique(sides.numpy() if hasattr(sides, "numpy") else tf.get_static_value(sides)):
        bump = make_bump(side)
        table[0, side, :side, :side], table[1, side, :side, :side] = bump, bump.T
    table = tf.constant(table)
    mass_axes = (1, 2, 3) if pools_channels else (1, 2)

    def propose(best, images, eps, side, draws):
        channels = images.shape[3]
        perturbation = best - images
        window, corner = draws.window(side, height, width)
        other, _ = draws.window(side, height, width)
        signs = tf.reshape(draws.signs(channels), (-1, 1, 1, channels))
        is_turned = tf.reshape(draws.uniform(1), (-1, 1, 1)) < 0.5
        bump = tf.where(is_turned, table[1, side][None], table[0, side][None])
        bump = _place(bump, corner)[..., None] * signs
        old = perturbation * window
        new = bump + old / (_length(old) + _TINY)
        taken = _length(perturbation * tf.maximum(window, other), mass_axes)
        left = tf.maximum(eps**2 - norms.length(perturbation, "L2") ** 2, 0.0)
        budget = tf.sqrt(norms.per_image(left) / channels + taken**2)
        new = new / (_length(new) + _TINY) * budget
        changed = perturbation * (1 - tf.maximum(window, other)) + new * window
        return tf.clip_by_value(images + eps * norms.normalize(changed, "L2"), 0.0, 1.0)

    return propose


def _place(patterns, corner):
    """Patterns (N, H, W), which sit at (0, 0), moved to each row's corner: (N, H, W)."""
    height, width = patterns.shape[1:]
    rows = (tf.range(height)[None] - corner[:, :1]) % height
    columns = (tf.range(width)[None] - corner[:, 1:]) % width
    patterns = tf.gather(patterns, rows, axis=1, batch_dims=1)
    return tf.gather(patterns, columns, axis=2, batch_dims=1)


def _length(values, axes=(1, 2)):
    """L2 length over pixels, of each channel or over all: (N, H, W, C) -> (N, 1, 1, C or 1)."""
    return tf.sqrt(tf.reduce_sum(tf.square(values), axis=axes, keepdims=True))
