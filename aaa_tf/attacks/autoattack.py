"""AutoAttack (Croce & Hein 2020): four complementary attacks with nothing to tune.

    result = run_attacks(standard(eps=0.3), logits_fn, images, labels)

standard   APGD-CE, APGD-T, FAB-T, Square: 100 iterations, one restart, nine targets; 5,000
           proposals, half-way down Square's schedule (`resc_schedule=False` in the authors' code)
rand       APGD-CE and APGD-DLR with 20 draws per gradient, for models that answer at random
"""

from aaa_tf.attacks.apgd import APGD, TargetedAPGD
from aaa_tf.attacks.fab import TargetedFAB
from aaa_tf.attacks.square import Square

_NUM_SAMPLES = 20
# The first query looks at the stripes that Square starts from.
_SQUARE = {
    "num_queries": 5001,
    "schedule_queries": 10_000,
    "covers_border": False,
    "is_original": False,
}


def standard(*, eps: float, norm: str = "Linf", num_classes: int = 10, seed: int = 0) -> list:
    """The standard version.

    Args:
        eps: radius, in pixels scaled to [0, 1].
        norm: "Linf" or "L2".
        num_classes: number of logits; targeted attacks try at most num_classes - 1 classes. With
            fewer than four the targeted DLR loss does not exist, and APGD on the margin stands in.
        seed: seed of all random draws.

    Returns:
        Attacks in the published order, for `runner.run_attacks`.
    """
    shared = {"eps": eps, "norm": norm, "seed": seed}
    num_targets = min(9, num_classes - 1)
    second = (
        TargetedAPGD(**shared, num_targets=num_targets)
        if num_classes >= 4
        else APGD(**shared, loss="margin")
    )
    return [
        APGD(**shared),
        second,
        TargetedFAB(**shared, num_targets=num_targets),
        Square(**shared, **_SQUARE),
    ]


def rand(*, eps: float, norm: str = "Linf", seed: int = 0) -> list:
    """The version for randomised models of 3 classes or more; arguments as for `standard`."""
    shared = {"eps": eps, "norm": norm, "seed": seed, "num_samples": _NUM_SAMPLES}
    return [APGD(**shared), APGD(**shared, loss="dlr")]
