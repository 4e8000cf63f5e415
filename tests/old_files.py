"""Files of Keras 2, TensorFlow 1 and tensorflow-addons, and what the originals answered.

The fixtures come from TensorFlow 2.15.1 and tensorflow-addons 0.23.0, by
tests/fixtures/make_addons_fixtures.py.
"""

import pathlib

import numpy as np

from aaa_tf.models.loading import load_classifier

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
EXPECTED = np.load(FIXTURES / "tf215_expected.npz")
IMAGES = EXPECTED["images"]


def load(name):
    # These files are ours: no process of their own, which test_isolation is about.
    return load_classifier(str(FIXTURES / f"tf215_{name}"), isolate=False)
