"""Files of Keras 2, TensorFlow 1 and tensorflow-addons give what they gave where they were made.

The fixtures come from TensorFlow 2.15.1 and tensorflow-addons 0.23.0, by
tests/fixtures/make_addons_fixtures.py, with the outputs of the originals.
"""

import numpy as np
import pytest

from tests.old_files import EXPECTED, IMAGES, load


@pytest.mark.parametrize(
    "name",
    ["sequential.h5", "sequential.keras", "sequential", "layers.h5", "layers.keras", "layers",
     "activations.h5", "old_graph"],
)  # fmt: skip
def test_logits_are_the_originals(name):
    native = load(name)
    assert (native.image_shape, native.num_classes, native.has_gradient) == ((8, 8, 3), 4, True)
    expected = EXPECTED[name.split(".")[0]]
    np.testing.assert_allclose(native.logits_fn(IMAGES), expected, atol=2e-5)
