"""A few seeds of the fuzzer; `make fuzz` runs 200 of each kind."""

import numpy as np
import pytest

from aaa_tf.models.loading import load_classifier
from tests.model_file_fuzzer import FIXTURES, KINDS, mutate, try_one


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_or_work(kind, seed):
    outcome = try_one(kind, seed)
    assert outcome == "loaded" or outcome.startswith("refused: ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_undamaged_files_load(kind):
    native = load_classifier(str(FIXTURES / kind), isolate=False)
    assert np.isfinite(native.logits_fn(np.zeros((1, *native.image_shape), np.float32))).all()


def test_a_seed_finds_the_same_mutation_again(tmp_path):
    contents = [mutate("fuzz_model.h5", 5, tmp_path / name).read_bytes() for name in "ab"]
    assert contents[0] == contents[1] != (FIXTURES / "fuzz_model.h5").read_bytes()
