import keras
import numpy as np
import pytest

from aaa_tf.data import Split
from aaa_tf.experiments.reconstructions import reconstruct


def test_reconstructions_of_known_autoencoders(rng):
    split = Split(rng.random((6, 4, 4, 1), np.float32), np.zeros(6, np.int32))
    inputs = keras.Input((4, 4, 1))
    same = keras.Model(inputs, keras.layers.Identity()(inputs))
    half = keras.Model(inputs, keras.layers.Rescaling(0.5)(inputs))
    found = reconstruct({"xent": same, "mse": half}, split, num_examples=5)
    by_image = (split.images[:5] ** 2).mean(axis=(1, 2, 3)) / 4
    assert found.errors[0]["mean_squared_error"] == 0
    assert found.errors[1]["mean_squared_error"] == pytest.approx(by_image.mean(), rel=1e-5)
    deviation = by_image.std(ddof=1) / np.sqrt(5)
    assert found.errors[1]["standard_error"] == pytest.approx(deviation, rel=1e-4)
    assert found.headings == ("input", "xent", "mse")
    assert found.pictures.shape == (3, 3, 4, 4, 1)
    np.testing.assert_array_equal(found.sheet()[4:8, 8:], split.images[1] / 2)
