import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.spsa import SPSA
from aaa_tf.errors import InputError
from tests.attack_inputs import STEPS
from tests.mean_pixel_model import mean_pixel_logits


def test_spsa_needs_no_gradient_and_breaks_a_staircase(defended_setting):
    """Rounded pixels have no gradient: PGD says so, SPSA climbs."""
    _, bare, _, images, _ = defended_setting

    def staircase(x):
        return bare(tf.round(20 * x) / 20)

    labels = np.argmax(staircase(images), axis=1).astype(np.int32)
    with pytest.raises(InputError, match="PGD-10 needs a gradient and the model gives none"):
        run_attacks([PGD(eps=0.2, **STEPS)], staircase, images, labels)
    spsa = SPSA(eps=0.2, num_steps=20, num_pairs=16, delta=0.05, learning_rate=0.05)
    result = run_attacks([spsa], staircase, images, labels)
    assert result.is_robust.mean() < 0.5
    assert result.num_gradients["SPSA"] == 0
    assert 0 < result.num_queries["SPSA"] <= 10 * (1 + 20 * 33)


def test_spsa_climbs_a_pipeline_that_answers_nothing_out_of_range(defended_setting):
    """As an exported one does: zeros, on images of black and white pixels."""
    _, bare, _, images, _ = defended_setting
    images = np.round(images).astype(np.float32)

    def served(x):
        is_image = tf.reduce_all((x >= 0) & (x <= 1), axis=(1, 2, 3))
        return tf.where(is_image[:, None], bare(x), 0.0)

    labels = np.argmax(bare(images), axis=1).astype(np.int32)
    spsa = SPSA(eps=0.2, num_steps=20, num_pairs=16, delta=0.05, learning_rate=0.05)
    found = [run_attacks([spsa], logits_fn, images, labels) for logits_fn in (bare, served)]
    np.testing.assert_array_equal(found[0].is_robust, found[1].is_robust)
    assert found[1].is_robust.mean() < 0.9


def test_spsa_asks_no_more_once_all_is_broken():
    images = np.full((3, 4, 4, 1), 0.49, np.float32)
    spsa = SPSA(eps=0.2, num_steps=50, num_pairs=8, learning_rate=0.05)
    result = run_attacks([spsa], mean_pixel_logits, images, np.zeros(3, np.int32))
    assert not result.is_robust.any()
    assert result.num_queries["SPSA"] < 3 * 10 * 17
    result = run_attacks([spsa], mean_pixel_logits, images - 0.4, np.zeros(3, np.int32))
    assert result.is_robust.all()
    assert result.num_queries["SPSA"] == 3 * (1 + 50 * 17)
