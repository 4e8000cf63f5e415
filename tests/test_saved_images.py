import numpy as np
import pytest

from aaa_tf.attacks.runner import run_attacks
from aaa_tf.attacks.saved_images import load_saved_images
from aaa_tf.errors import InputError
from aaa_tf.evaluation.suites import describe_attack
from tests.mean_pixel_model import mean_pixel_logits

IMAGES = np.full((4, 3, 3, 1), 0.45, np.float32)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_each_image_is_judged_by_its_own(tmp_path):
    theirs = IMAGES.copy()
    theirs[2] += 0.1
    path = save(tmp_path / "theirs.npz", adversarial_images=theirs)
    attack = load_saved_images(path, IMAGES, eps=0.1)
    result = run_attacks([attack], mean_pixel_logits, IMAGES, np.zeros(4), batch_size=3)
    assert result.is_robust.tolist() == [True, True, False, True]
    assert result.broken_by[2] == "SavedImages"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"adversarial_images": IMAGES + 0.2}, "adversarial image 0 is 0.2.* eps is 0.1"),
        ({"adversarial_images": IMAGES * np.nan}, "hold NaN"),
        ({"adversarial_images": IMAGES[:2]}, "set --num_examples to the number of saved images"),
        ({"images": IMAGES}, "needed: an .npz file with an array adversarial_images"),
    ],
)
def test_images_outside_the_threat_model_are_refused(tmp_path, arrays, message):
    path = save(tmp_path / "theirs.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_saved_images(path, IMAGES, eps=0.1)


def test_missing_and_damaged_files_are_told(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_saved_images(tmp_path / "none.npz", IMAGES, eps=0.1)
    path = save(tmp_path / "theirs.npz", adversarial_images=IMAGES)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match="cannot be read"):
        load_saved_images(path, IMAGES, eps=0.1)


def test_other_images_are_another_attack(tmp_path):
    described = []
    for change in (0.05, 0.1, 0.1):
        path = save(tmp_path / "theirs.npz", adversarial_images=IMAGES + np.float32(change))
        described.append(describe_attack(load_saved_images(path, IMAGES, eps=0.11)))
    assert described[0] != described[1] == described[2]


def test_an_image_at_eps_but_for_rounding_counts(tmp_path):
    """Another tool's length of 3.000003 is 3 to float32, and no reason to call it harmless."""
    images = np.full((1, 12, 12, 1), 0.3, np.float32)
    theirs = images + np.float32(3.000003 / 12)
    path = save(tmp_path / "theirs.npz", adversarial_images=theirs)
    attack = load_saved_images(path, images, eps=3.0, norm="L2")
    result = run_attacks([attack], mean_pixel_logits, images, np.zeros(1))
    assert result.is_correct.all()
    assert not result.is_robust.any()
