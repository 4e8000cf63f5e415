import h5py
import pytest

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.old_files import FIXTURES


def test_weight_normalization_that_never_saw_a_batch_is_refused(tmp_path):
    path = tmp_path / "fresh.h5"
    path.write_bytes((FIXTURES / "tf215_layers.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        group = file["model_weights/weight_normalization"]
        group["weight_normalization/initialized:0"][()] = False
    with pytest.raises(InputError, match="weight_normalization was saved before"):
        load_classifier(str(path), isolate=False)
