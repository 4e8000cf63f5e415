"""Attacks by the names that users write: `make_attack("apgd_t", eps=0.3)`.

The parameters that only PGD needs (step size, steps, restarts) are the caller's; every other attack
takes its defaults, so that a name means the same everywhere: the published ones, but for SPSA,
HopSkipJump and CW (1,000 steps and c = 0.01 at first, not 10,000 and 0.001), which are cheaper.
"""

from aaa_tf.attacks.apgd import APGD, TargetedAPGD
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
from aaa_tf.attacks.decision_based import HopSkipJump
from aaa_tf.attacks.fab import FAB, TargetedFAB
from aaa_tf.attacks.pgd import PGD, fgsm
from aaa_tf.attacks.spsa import SPSA
from aaa_tf.attacks.square import Square
from aaa_tf.errors import require_known

_PGD_LOSSES = {"pgd": "xent", "pgd_margin": "margin", "pgd_dlr": "dlr"}
NAMES = (
    *_PGD_LOSSES,
    "fgsm",
    "apgd_ce",
    "apgd_dlr",
    "apgd_t",
    "fab",
    "fab_t",
    "square",
    "spsa",
    "cw",
    "hop_skip_jump",
)


def make_attack(
    name: str,
    *,
    eps: float,
    norm: str = "Linf",
    step_size: float = 0.01,
    num_steps: int = 100,
    num_restarts: int = 1,
    num_classes: int = 10,
    seed: int = 0,
):
    """One attack by its name.

    Args:
        name: one of `NAMES`.
        eps: radius, in pixels scaled to [0, 1].
        norm: "Linf" or "L2".
        step_size: of PGD, same unit as eps.
        num_steps: of PGD.
        num_restarts: of PGD.
        num_classes: number of logits; targeted attacks try num_classes - 1 classes, 9 at most.
        seed: seed of all random draws.

    Raises:
        InputError: an unknown name, or parameters that the attack does not take.
    """
    require_known("attack", name, NAMES)
    shared = {"eps": eps, "norm": norm, "seed": seed}
    if name in _PGD_LOSSES:
        return PGD(
            **shared,
            loss=_PGD_LOSSES[name],
            step_size=step_size,
            num_steps=num_steps,
            num_restarts=num_restarts,
        )
    targets = {"num_targets": min(9, num_classes - 1)}
    makers = {
        "fgsm": lambda: fgsm(eps=eps, norm=norm),
        "apgd_ce": lambda: APGD(**shared),
        "apgd_dlr": lambda: APGD(**shared, loss="dlr"),
        "apgd_t": lambda: TargetedAPGD(**shared, **targets),
        "fab": lambda: FAB(**shared),
        "fab_t": lambda: TargetedFAB(**shared, **targets),
        "square": lambda: Square(**shared),
        "spsa": lambda: SPSA(**shared),
        "cw": lambda: CarliniWagnerL2(**shared),
        "hop_skip_jump": lambda: HopSkipJump(**shared),
    }
    return makers[name]()
