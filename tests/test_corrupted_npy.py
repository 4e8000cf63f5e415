"""Files that are no .npy, under its name."""

import numpy as np
import pytest

from aaa_tf.data.corrupted_npy import open_npy
from aaa_tf.errors import InputError


@pytest.mark.parametrize("archive", ["labels", "fog"])
def test_an_archive_of_arrays_is_told(tmp_path, archive):
    """np.load would open it, and what comes out has neither shape nor type."""
    for name, array in (
        ("labels", np.zeros(5, np.int64)),
        ("fog", np.zeros((5, 8, 8, 1), np.uint8)),
    ):
        with (tmp_path / f"{name}.npy").open("wb") as file:
            if name == archive:
                np.savez(file, array)
            else:
                np.save(file, array)
    with pytest.raises(InputError, match=f"{archive}.npy is not a readable .npy file"):
        open_npy(str(tmp_path), (8, 8, 1), 0)
