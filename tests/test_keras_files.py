import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.classifier_files import SHAPE
from tests.conftest import build_tiny_classifier
from tests.old_files import load


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_keras_files(tmp_path, images, suffix):
    model = build_tiny_classifier()
    model.save(tmp_path / f"m{suffix}")
    native = load_classifier(str(tmp_path / f"m{suffix}"))
    np.testing.assert_array_equal(native.logits_fn(images), model(images))
    assert (native.image_shape, native.num_classes, native.has_gradient) == (SHAPE, 3, True)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_layer_that_does_not_map_is_named(suffix):
    with pytest.raises(InputError, match=r"Keras 3 knows no '.*PoincareNormalize'; export"):
        load(f"unmapped{suffix}")
