"""The loss around one image, along the gradient (Linf: its sign) and along a random direction.

    surface = loss_surface(logits_fn, image, label, eps=0.3)
    surface["loss"][i][j]          # after radii[i] along the gradient and radii[j] at random

A smooth slope that rises fastest along the gradient is what an honest model shows. Cliffs, noise,
or a slope that is steeper along the random direction show gradients that mislead an attack.

Reference: Tramer et al. 2018, figure 2, draw the same two directions.
"""

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.attacks import norms, objectives
from aaa_tf.attacks.runner import compute_logits
from aaa_tf.errors import InputError
from aaa_tf.evaluation.gradients import compute_gradients

_BATCH_SIZE = 147  # a third of the default 441 points


def loss_surface(
    logits_fn, image, label, *, eps: float, norm: str = "Linf", num_points: int = 21, seed: int = 0
) -> dict:
    """The margin on a grid around one image, for a picture.

    The margin (largest wrong logit minus the true one) is in logits: above 0 the image is
    misclassified. Unlike cross-entropy it does not flatten where the model is confident.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K), differentiable.
        image: (H, W, C) in [0, 1].
        label: its true class.
        eps: the radii go from -eps to eps, in pixels scaled to [0, 1].
        norm: "Linf" or "L2", in which both directions have length 1. A point that has gone along
            both may be up to twice as far away as its longer radius.
        num_points: radii along each direction; odd, so that the image itself is the middle.
        seed: seed of the random direction, whose pixels are all -1 or 1, or for L2 all as large.

    Returns:
        {"radii": num_points numbers, "loss": num_points rows of num_points numbers, "norm": norm};
        row i went radii[i] along the margin's gradient at the image, or for Linf along its sign,
        column j radii[j] along the random direction. Every point is clipped to [0, 1].

    Raises:
        InputError: if num_points is not odd and at least 3, eps is not above 0, the norm is
            unknown, the model gives no gradient, or one of its answers near the image is not
            finite.
    """
    if num_points < 3 or num_points % 2 == 0:
        raise InputError(f"num_points of a surface must be odd and at least 3, not {num_points}")
    if not eps > 0:
        raise InputError(f"eps of a surface must be above 0, not {eps}")
    images = np.asarray(image, np.float32)[None]
    gradient = compute_gradients(logits_fn, images, [label], "margin")[0]
    draw = seeds.uniform_per_example(image.shape, seeds.fold_in(seed, seeds.EVALUATION_START), [0])
    signs = np.where(draw < 0, -1, 1).astype(np.float32)
    steepest = norms.steepest_direction(np.nan_to_num(gradient)[None], norm)[0].numpy()
    random = norms.normalize(signs, norm)[0].numpy().astype(np.float64)
    radii = np.linspace(-eps, eps, num_points, dtype=np.float32)
    moves = radii[:, None, None, None, None] * steepest + radii[:, None, None, None] * random
    points = np.clip(images[0] + moves, 0, 1).reshape(-1, *image.shape).astype(np.float32)
    logits = compute_logits(logits_fn, points, _BATCH_SIZE)
    if not np.isfinite(logits).all():
        raise InputError("the model's answers near the image are not all finite")
    labels = np.full(len(points), label, np.int32)
    values = objectives.margin(tf.constant(logits), labels).numpy()
    loss = values.reshape(num_points, num_points).tolist()
    return {"radii": radii.tolist(), "loss": loss, "norm": norm}
