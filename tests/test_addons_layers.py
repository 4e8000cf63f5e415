import numpy as np
import pytest

from aaa_tf.models.loading import load_classifier
from tests.old_files import EXPECTED, IMAGES, load


@pytest.mark.parametrize("name", ["layers", "activations"])
def test_mapped_layers_are_saved_and_copied_like_others(tmp_path, name):
    native = load(f"{name}.h5")
    native.resource.save(tmp_path / "again.keras")
    again = load_classifier(str(tmp_path / "again.keras"), isolate=False)
    np.testing.assert_allclose(again.logits_fn(IMAGES), EXPECTED[name], atol=2e-5)
    copy = native.copy_in_precision("float32")
    np.testing.assert_allclose(copy.logits_fn(IMAGES), EXPECTED[name], atol=2e-5)
