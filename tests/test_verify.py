import numpy as np
import pytest

from aaa_tf.attacks.verify import verify_adversarial_images

IMAGES = np.full((2, 3, 3, 1), 0.5, np.float32)


def change(value):
    changed = IMAGES.copy()
    changed[1, 2, 2, 0] = value
    return changed


def test_allowed_images_pass():
    verify_adversarial_images(IMAGES, change(0.8), 0.3)
    verify_adversarial_images(IMAGES[:0], IMAGES[:0], 0.3)


@pytest.mark.parametrize(
    ("adversarial_images", "eps", "message"),
    [
        (change(np.nan), 1.0, "NaN"),
        (change(1.0001), 1.0, "adversarial pixels in"),
        (change(-0.0001), 1.0, "adversarial pixels in"),
        (change(0.81), 0.3, "adversarial image 1 is 0.31 from its clean one in Linf, eps is 0.3"),
        (IMAGES[:1], 0.3, "shape"),
    ],
)
def test_anything_else_is_refused(adversarial_images, eps, message):
    with pytest.raises(ValueError, match=message):
        verify_adversarial_images(IMAGES, adversarial_images, eps)


def test_length_of_a_move_in_l2():
    moved = IMAGES.copy()
    moved[1] += 0.1  # nine pixels: a length of 0.3
    verify_adversarial_images(IMAGES, moved, 0.3, "L2")
    with pytest.raises(ValueError, match="image 1 is 0.3000.* in L2, eps is 0.29"):
        verify_adversarial_images(IMAGES, moved, 0.29, "L2")
