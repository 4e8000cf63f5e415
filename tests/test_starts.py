"""Where an attack by labels alone starts from."""

import numpy as np
import pytest

from aaa_tf.attacks.starts import find_misclassified

IMAGE = np.full((4, 4, 1), 0.4, np.float32)
OTHERS = np.stack([IMAGE, IMAGE + 0.01])
NUM_LATER = 11 + 20 + len(OTHERS)  # greys, smooth noise, others


def roughness(images):
    return np.abs(np.diff(images, axis=1)).mean(axis=(1, 2, 3))


def is_close(images, image):
    return np.abs(images - image).max(axis=(1, 2, 3)) < 1e-6


@pytest.mark.parametrize(
    ("is_of_its_class", "is_expected", "num_queries"),
    [
        # Noise is enough, and nothing else is asked for.
        (lambda x: roughness(x) < 0.1, lambda x: roughness(x) > 0.2, [21]),
        # All noise is of its class: a grey, then what is smooth and no grey, then another image.
        (lambda x: x.mean(axis=(1, 2, 3)) > 0.2, lambda x: x.max(axis=(1, 2, 3)) < 0.2, None),
        (
            lambda x: (roughness(x) < 1e-6) | (roughness(x) > 0.2),
            lambda x: (roughness(x) > 0) & (roughness(x) <= 0.2),
            None,
        ),
        (lambda x: ~is_close(x, OTHERS[1]), lambda x: is_close(x, OTHERS[1]), None),
    ],
    ids=["noise", "grey", "smooth", "another"],
)
def test_the_first_of_another_class_is_found(is_of_its_class, is_expected, num_queries):
    calls = []

    def predict(images):
        calls.append(len(images))
        return np.stack([is_of_its_class(images), ~is_of_its_class(images)], axis=1)

    starts = [find_misclassified(predict, IMAGE, OTHERS, size=20, seed=[1, 2]) for _ in range(2)]
    assert starts[0].shape == IMAGE.shape
    assert 0 <= starts[0].min() <= starts[0].max() <= 1
    assert is_expected(starts[0][None])
    np.testing.assert_array_equal(*starts)
    assert calls == 2 * (num_queries or [21, NUM_LATER])


def test_there_may_be_none():
    def predict(images):
        return np.ones((len(images), 2))

    assert find_misclassified(predict, IMAGE, OTHERS, size=20, seed=[1, 2]) is None
