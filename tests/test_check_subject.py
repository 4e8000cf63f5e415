"""What a check looks at, on models of one number."""

import numpy as np
import pytest

from tests.check_subjects import make_subject


def test_the_unbounded_radius_reaches_every_image():
    assert make_subject(lambda d: d - 1).unbounded_eps == 1
    assert make_subject(lambda d: d - 1, norm="L2").unbounded_eps == pytest.approx(8)


@pytest.mark.parametrize(("edge", "is_broken"), [(0.9, True), (1.1, False)])
def test_images_break_where_the_edge_is_within_eps(edge, is_broken):
    """The margin is positive beyond `edge` times eps."""
    subject = make_subject(lambda d: d - edge, num_images=3)
    broken = subject.is_broken([subject.pgd(subject.eps, 5, "margin")])
    np.testing.assert_array_equal(broken, [is_broken] * 3)


def test_its_attacks_take_the_threat_model_of_the_subject():
    subject = make_subject(lambda d: d - 1, eps=0.3, seed=4)
    pgd = subject.pgd(0.2, 10, "margin")
    assert (pgd.eps, pgd.step_size, pgd.loss, pgd.seed) == (0.2, pytest.approx(0.05), "margin", 4)
    found = [(attack.eps, attack.norm, attack.seed, attack.loss) for attack in subject.white_box()]
    assert found == [(0.3, "Linf", 4, "xent"), (0.3, "Linf", 4, "margin")]
