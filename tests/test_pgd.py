"""PGD against the exact boundary of a linear model, and what restarts may do."""

import pytest

from aaa_tf.attacks import norms
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from tests.attack_inputs import check_exact_boundary


@pytest.mark.parametrize("norm", norms.NORMS)
def test_pgd_reaches_the_exact_boundary(linear_problem, norm):
    check_exact_boundary(
        lambda eps: PGD(eps=eps, norm=norm, step_size=eps / 10, num_steps=60, loss="margin"),
        linear_problem, norm,
    )  # fmt: skip


def test_more_restarts_are_never_weaker(attacked_model, attacked_data):
    counts = [
        run_attacks(
            [PGD(eps=0.05, step_size=0.02, num_steps=2, num_restarts=restarts)],
            attacked_model,
            *attacked_data,
        ).is_robust.sum()
        for restarts in (1, 3, 9)
    ]
    assert counts[-1] < counts[0]
    assert counts == sorted(counts, reverse=True)
