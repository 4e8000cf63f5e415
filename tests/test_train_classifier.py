"""bin/train_classifier as a user runs it."""

import keras
import pytest

from tests.command_line import make_folder, succeed


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("workplace"))


@pytest.mark.parametrize("adversarial", ["--noadversarial", "--adversarial"])
def test_train_classifier(workplace, adversarial):
    printed = succeed(
        "train_classifier", "--dataset=own.npz", "--model=B", adversarial, "--preset=smoke",
        "--batch_size=20", "--validation_examples=6", f"--classifiers_dir=c{adversarial}",
        cwd=workplace,
    )  # fmt: skip
    kind = "" if adversarial.startswith("--no") else "_adversarial"
    path = workplace / f"c{adversarial}" / f"own_B{kind}_smoke" / "classifier.keras"
    assert keras.models.load_model(path).output_shape == (None, 3)
    assert "PGD-5" in printed
