"""The activations of tensorflow-addons, by their formulas."""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.models import addons
from tests.old_files import EXPECTED, IMAGES, load


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("hardshrink", [-1, -0.4, 0.4, 1], [-1, 0, 0, 1]),
        ("softshrink", [-1, -0.4, 0.4, 1], [-0.5, 0, 0, 0.5]),
        ("rrelu", [-24, 0, 24], [-5.5, 0, 24]),
        ("lisht", [-1, 0, 1], [np.tanh(1), 0, np.tanh(1)]),
        ("tanhshrink", [-1, 0, 1], [np.tanh(1) - 1, 0, 1 - np.tanh(1)]),
        ("mish", [0, 1], [0, np.tanh(np.log1p(np.e))]),
        ("snake", [0, np.pi / 2], [0, np.pi / 2 + 1]),
        ("gelu", [0, 1], [0, 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * 1.044715))]),
        ("sparsemax", [1, 1, -5], [0.5, 0.5, 0]),
        ("sparsemax", [0.2, 0.1, 0], [13 / 30, 1 / 3, 7 / 30]),
    ],
)
def test_activations_closed_form(name, x, expected):
    found = getattr(addons, name)(tf.constant(x, tf.float32))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_sparsemax_rows_are_points_of_the_simplex(rng):
    found = addons.sparsemax(tf.constant(rng.standard_normal((20, 6)), tf.float32)).numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert found.min() == 0


def test_plain_gelu_is_by_erf_although_it_may_have_been_by_tanh():
    """TensorFlow 2.15 writes plain `gelu` for both; documented, and small."""
    found = load("activations.keras").logits_fn(IMAGES)
    error = np.abs(found - EXPECTED["activations"]).max()
    assert 1e-4 < error < 1e-2
