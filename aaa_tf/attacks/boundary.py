"""The shortest way from a point to a hyperplane without leaving the box [0, 1].

Moving each pixel as far as a common budget allows, in the direction that helps, and no further
than the box does, covers a distance towards the plane that is piecewise linear and concave in the
budget. Sorting the points where pixels hit the box gives the exact budget in closed form: for
Linf the budget is the length of every pixel's move, for L2 its ratio to the pixel's slope.
"""

import tensorflow as tf

_TINY = 1e-12


def project_on_hyperplane(points, slope, offset, norm: str):
    """The shortest perturbation d with <slope, points + d> = offset and points + d in [0, 1].

    Args:
        points: (N, H, W, C) in [0, 1].
        slope: (N, H, W, C), normal of the hyperplane.
        offset: (N,).
        norm: "Linf" or "L2", in which d is shortest.

    Returns:
        d, (N, H, W, C). Where the box does not reach the plane, the move that comes nearest.
    """
    flat = tf.reshape(points, (tf.shape(points)[0], -1))
    slope = tf.reshape(slope, tf.shape(flat))
    missing = offset - tf.reduce_sum(slope * flat, axis=1)
    direction = tf.sign(slope) * tf.sign(missing)[:, None]
    room = tf.where(direction > 0, 1 - flat, flat) * tf.abs(direction)
    # A budget t moves pixel i by min(speed_i * t, room_i) and covers |slope_i| times that.
    speed = tf.ones_like(slope) if norm == "Linf" else tf.abs(slope)
    budget = _solve_budget(tf.abs(slope), speed, room, tf.abs(missing))
    move = direction * tf.minimum(speed * budget[:, None], room)
    return tf.reshape(move, tf.shape(points))


def _solve_budget(slope, speed, room, distance):
    """The budget t with sum_i slope_i * min(speed_i * t, room_i) = distance, row by row: (N,)."""
    limits = room / (speed + _TINY)  # budget at which a pixel hits the box
    order = tf.argsort(limits, axis=1)
    limits = tf.gather(limits, order, batch_dims=1)
    rates = tf.gather(slope * speed, order, batch_dims=1)
    gains = tf.gather(slope * room, order, batch_dims=1)
    # Before pixel k hits the box: pixels before it have given their all, the others still move.
    given = tf.cumsum(gains, axis=1, exclusive=True)
    moving = tf.cumsum(rates, axis=1, reverse=True)
    covered = given + moving * limits  # distance covered when pixel k hits
    is_enough = covered >= distance[:, None]
    first = tf.argmax(tf.cast(is_enough, tf.int32), axis=1)[:, None]
    given, moving = (tf.gather(v, first, batch_dims=1)[:, 0] for v in (given, moving))
    budget = (distance - given) / (moving + _TINY)
    return tf.where(tf.reduce_any(is_enough, axis=1), budget, limits[:, -1])
