"""Random numbers by seed, type, severity and image."""

import numpy as np

from aaa_tf.corruptions import corrupt
from aaa_tf.corruptions.draws import Draws


def test_draws_follow_type_and_severity():
    """With the same numbers the second would be 1.5 times the first."""
    images = np.full((1, 16, 16, 1), 0.5, np.float32)
    first, second = (corrupt(images, "gaussian_noise", severity) - 0.5 for severity in (1, 2))
    third = corrupt(images, "speckle_noise", 1) - 0.5
    for other in (second, third):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.3


def test_an_image_draws_the_same_in_any_batch():
    whole = Draws(seed=3, type_name="fog", severity=2, indices=range(5))
    part = Draws(seed=3, type_name="fog", severity=2, indices=[4, 1])
    assert len(part) == 2
    for draw in (
        lambda draws: draws.normal((2, 3)),
        lambda draws: draws.uniform(-1, 1, (2,)),
        lambda draws: draws.integers(0, 1000, (4,)),
        lambda draws: draws.poisson(np.full((len(draws), 4), 50.0)),
    ):
        np.testing.assert_array_equal(draw(whole)[[4, 1]], draw(part))
