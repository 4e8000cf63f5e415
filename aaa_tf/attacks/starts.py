"""Images of another class than a given one, from which an attack can walk towards it.

    start = find_misclassified(predict, image, others, size=100, seed=[1, 2, 3])

Uniform noise first, as HopSkipJump has it (Chen, Jordan & Wainwright 2020). Some models put all
noise in one class, so that the images of that class would never be attacked; for them flat greys,
smooth noise and the other images at hand follow.
"""

import numpy as np

from aaa_tf.differentiability import make_smooth_noise

_NUM_GREYS = 11


def find_misclassified(predict, image, others, *, size: int, seed):
    """The first image tried that `predict` puts in another class than `image`.

    Args:
        predict: images -> scores (N, K), of NumPy; called with size + 1 images, and where all of
            the noise is of one class with size + 11 + M more.
        image: (H, W, C) float32 in [0, 1].
        others: (M, H, W, C), tried last; `image` may be among them.
        size: images of noise, and as many of smooth noise.
        seed: integers; the same ones give the same images.

    Returns:
        (H, W, C), or None where all are of the class of `image`.
    """
    rng = np.random.default_rng(seed)
    noise = rng.random((size, *image.shape), np.float32)
    classes = predict(np.concatenate([image[None], noise])).argmax(axis=1)
    is_other = classes[1:] != classes[0]
    if is_other.any():
        return noise[is_other.argmax()]
    greys = np.linspace(0, 1, _NUM_GREYS, dtype=np.float32)[:, None, None, None]
    greys = np.broadcast_to(greys, (_NUM_GREYS, *image.shape))
    candidates = np.concatenate([greys, make_smooth_noise(rng, image.shape, size), others])
    is_other = predict(candidates).argmax(axis=1) != classes[0]
    return candidates[is_other.argmax()] if is_other.any() else None
