import numpy as np
import pytest

from aaa_tf.data.augmentation import Augmentation, shift
from aaa_tf.data.batching import make_training_batches
from aaa_tf.errors import InputError
from tests.conftest import make_split


def test_shift_moves_whole_pixels_and_fills_with_zero():
    images = np.arange(1, 2 * 3 * 4 + 1, dtype=np.float32).reshape(2, 3, 4, 1)
    found = shift(images, np.array([[1, -2], [0, 0]]))
    np.testing.assert_array_equal(found[0, 0], 0)
    np.testing.assert_array_equal(found[0, :, 2:], 0)
    np.testing.assert_array_equal(found[0, 1:, :2], images[0, :2, 2:])
    np.testing.assert_array_equal(found[1], images[1])


def test_an_image_moves_by_at_most_the_bound_and_by_every_step_up_to_it():
    images = np.zeros((400, 9, 9, 1), np.float32)
    images[:, 4, 4] = 1
    found = Augmentation(2, False)(images, np.arange(400), (0, 0), 400)
    _, rows, columns, _ = np.nonzero(found)
    assert len(rows) == 400
    assert set(zip(rows - 4, columns - 4, strict=True)) == {
        (i, j) for i in range(-2, 3) for j in range(-2, 3)
    }


def test_about_half_of_the_images_are_mirrored(rng):
    images = rng.random((400, 3, 5, 2), np.float32)
    found = Augmentation(0, True)(images, np.arange(400), (0, 0), 400)
    is_mirrored = (found == images[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(found[~is_mirrored], images[~is_mirrored])
    assert 150 < is_mirrored.sum() < 250


def test_a_shift_as_large_as_the_image_is_refused():
    order = {"batch_size": 7, "seed": 3, "start_step": 0, "end_step": 1}
    with pytest.raises(InputError, match="8x8 pixels out of sight; give --max_shift=7 or less"):
        make_training_batches(make_split(25, 0), **order, augment=Augmentation(8))


def test_nothing_asked_for_changes_nothing(rng):
    images = rng.random((3, 4, 4, 1), np.float32)
    assert Augmentation(0, False)(images, np.arange(3), (0, 0), 3) is images


@pytest.mark.parametrize("replays", [1, 2])
def test_batches_are_the_same_after_a_resume_and_on_several_devices(replays):
    split = make_split(25, 0)
    order = {"batch_size": 7, "seed": 3, "replays": replays, "augment": Augmentation(2, True)}
    wholes = list(make_training_batches(split, **order, start_step=0, end_step=6))
    rest = list(make_training_batches(split, **order, start_step=4, end_step=6))
    parts = list(
        make_training_batches(
            split, **order, start_step=4, end_step=6, num_parts=3, own_parts=range(3)
        )
    )
    for step, (whole, again) in enumerate(zip(wholes[4:], rest, strict=True)):
        np.testing.assert_array_equal(whole[0], again[0])
        together = np.concatenate([part[0] for part in parts[3 * step : 3 * step + 3]])
        np.testing.assert_array_equal(whole[0], together)
    order["augment"] = Augmentation()
    plain = next(iter(make_training_batches(split, **order, start_step=0, end_step=6)))
    assert not np.array_equal(plain[0], wholes[0][0])
    # Another draw for another batch; the same one for a batch that is repeated.
    assert np.array_equal(wholes[0][0], wholes[1][0]) == (replays == 2)
