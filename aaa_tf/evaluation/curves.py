"""Robust accuracy against eps, steps and restarts: three curves, each falling by construction.

    curves = robustness_curves(logits_fn, split, eps=0.3, step_size=0.01, num_steps=40)
    curves["eps"]          # [[0.0, clean accuracy], [0.075, ...], ...]

What one point breaks is not attacked again at the next, so an image broken at a smaller eps counts
as broken at a larger one, and work falls with the survivors. A curve of steps or restarts that
still falls at its end says that more would break more; a curve of eps that does not reach 0 at a
large eps says that the attack fails, not that the model is robust. `checks` tests both without
this construction.
"""

import dataclasses

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
    attack = PGD(eps=eps, step_size=step_size, num_steps=num_steps, num_restarts=num_restarts,
                 norm=norm, seed=seed)  # fmt: skip

    def run(attacks, rows=slice(None)):
        return run_attacks(
            attacks, logits_fn, split.images[rows], split.labels[rows], batch_size=batch_size
        )

    curves = {}
    followed = {"eps": _follow_eps, "steps": _follow_steps, "restarts": _follow_restarts}
    for name, follow in followed.items():
        curves[name] = follow(attack, run, len(split))
        log(f"curve of {name} done")
    return curves


def _follow_eps(attack, run, num_examples):
    """Attacks of rising eps, each on what the one before left."""
    limit = 1.0 if attack.norm == "Linf" else np.inf
    radii = sorted({min(factor * attack.eps, limit) for factor in _EPS_FACTORS})
    alive, points = np.arange(num_examples), []
    for radius in radii:
        if len(alive):
            step_size = attack.step_size * radius / attack.eps
            result = run([_once(attack, eps=radius, step_size=step_size)], alive)
            if not points:
                points.append([0.0, float(result.is_correct.mean())])
            alive = alive[result.is_robust]
        points.append([round(radius, 10), len(alive) / num_examples])
    return points


def _follow_steps(attack, run, num_examples):
    """Longer and longer attacks, each on what the one before left."""
    numbers = (*(number for number in _STEPS if number < attack.num_steps), attack.num_steps)
    attacks = [_once(attack, num_steps=number) for number in numbers]
    found = run(attacks)
    left = [found.num_robust[each.name][-1] for each in attacks]
    return _points(numbers, left, found, num_examples)


def _follow_restarts(attack, run, num_examples):
    """One attack after each of its restarts."""
    found = run([attack])
    left = found.num_robust[attack.name]
    return _points(range(1, attack.num_restarts + 1), left, found, num_examples)


def _once(attack, **values):
    return dataclasses.replace(attack, num_restarts=1, **values)


def _points(positions, left, found, num_examples):
    accuracies = [number / num_examples for number in left]
    clean = float(found.is_correct.mean())
    return [[0, clean], *([x, y] for x, y in zip(positions, accuracies, strict=True))]
