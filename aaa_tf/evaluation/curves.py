"""Robust accuracy against eps, steps and restarts: three curves, each falling by construction.

    curves = robustness_curves(logits_fn, split, eps=0.3, step_size=0.01, num_steps=40)
    curves["eps"]          # [[0.0, clean accuracy], [0.075, ...], ...]

What one point breaks is not attacked again at the next, so an image broken at a smaller eps counts
as broken at a larger one, and work falls with the survivors. A curve of steps or restarts that
still falls at its end says that more would break more; a curve of eps that does not reach 0 at a
large eps says that the attack fails, not that the model is robust. `checks` tests both without
this construction.
"""

import numpy as np

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks

_EPS_FACTORS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3)
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def robustness_curves(
    logits_fn,
    split,
    *,
    eps: float,
    step_size: float,
    num_steps: int,
    num_restarts: int = 5,
    norm: str = "Linf",
    seed: int = 0,
    batch_size: int = 250,
    log=lambda line: None,
) -> dict:
    """Robust accuracy under PGD on cross-entropy while one parameter changes and the others stay.

    A few hundred images are enough for curves. An image that survives everything costs at most
    8 * num_steps gradients for eps, less than 3 * num_steps for steps, and
    num_restarts * num_steps for restarts.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K), differentiable.
        split: Split of images and labels.
        eps: radius, in pixels scaled to [0, 1]; the curve of eps goes from 0 to 3 eps, at most 1
            for Linf.
        step_size: length of a step at this eps; along the curve of eps it grows with eps.
        num_steps: steps; the curve of steps ends here.
        num_restarts: the curve of restarts ends here; the two others use one random start.
        norm: "Linf" or "L2".
        seed: seed of the random starts.
        batch_size: images per compiled call.
        log: called with a line after each curve.

    Returns:
        {"eps": ..., "steps": ..., "restarts": ...}, each a list of [x, robust accuracy] with x
        rising from 0, where the accuracy is the clean one.

    Raises:
        InputError: see `runner.run_attacks`.
    """
    shared = {"norm": norm, "seed": seed}
    attack = PGD(eps=eps, step_size=step_size, num_steps=num_steps, num_restarts=num_restarts,
                 **shared)  # fmt: skip
    shorter = [
        PGD(eps=eps, step_size=step_size, num_steps=number, **shared)
        for number in (*(number for number in _STEPS if number < num_steps), num_steps)
    ]
    limit = 1.0 if norm == "Linf" else np.inf
    radii = sorted({min(factor * eps, limit) for factor in _EPS_FACTORS})
    wider = [
        PGD(eps=radius, step_size=step_size * radius / eps, num_steps=num_steps, **shared)
        for radius in radii
    ]

    def run(attacks, rows):
        return run_attacks(
            attacks, logits_fn, split.images[rows], split.labels[rows], batch_size=batch_size
        )

    curves = {"eps": _follow_eps(wider, run, len(split))}
    log("curve of eps done")
    found = run(shorter, slice(None))
    accuracies = [found.num_robust[attack.name][-1] / len(split) for attack in shorter]
    clean = float(found.is_correct.mean())
    curves["steps"] = _points([a.num_steps for a in shorter], accuracies, clean)
    log("curve of steps done")
    found = run([attack], slice(None)).num_robust[attack.name]
    accuracies = [number / len(split) for number in found]
    curves["restarts"] = _points(range(1, num_restarts + 1), accuracies, clean)
    log("curve of restarts done")
    return curves


def _follow_eps(attacks, run, num_examples):
    """Attacks of rising eps, each on what the one before left."""
    alive, points = np.arange(num_examples), []
    for attack in attacks:
        if len(alive):
            result = run([attack], alive)
            if not points:
                points.append([0.0, float(result.is_correct.mean())])
            alive = alive[result.is_robust]
        points.append([round(attack.eps, 10), len(alive) / num_examples])
    return points


def _points(positions, accuracies, clean):
    return [[0, clean]] + [list(pair) for pair in zip(positions, accuracies, strict=True)]
