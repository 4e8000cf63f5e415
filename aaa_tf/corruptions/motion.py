"""Motion blur along a line, as ImageMagick's MotionBlurImage defines it.

    motion_blur(images, (6, 1.5), draws)

ImageMagick is not used. What can differ: it holds pixels in 16 bits, so a value between two levels
of 1/255 can be rounded the other way; and its oldest releases sampled the kernel more finely.

Reference: Hendrycks & Dietterich 2019, make_cifar_c; ImageMagick, effect.c.
"""

import numpy as np

from aaa_tf.corruptions import levels


def motion_blur(images, constant, draws):
    """Blur in a direction between -45 and 45 degrees; `constant` is (radius, sigma)."""
    return blur_along(images, *constant, draws.uniform(-45, 45))


def blur_along(images, radius, sigma, angles):
    """Half a Gaussian, laid from each pixel along its image's angle.

    Args:
        images: (N, H, W, C) float64 in [0, 1].
        radius: the line has 2 * radius + 1 pixels.
        sigma: width of the Gaussian in pixels.
        angles: (N,) degrees; 0 reads pixels to the right, 90 those below.

    Returns:
        (N, H, W, C), rounded to 8 bits. Beyond the border the last pixel repeats.
    """
    count, height, width = images.shape[:3]
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    # Where the line passes between two pixels, the half is rounded down.
    angles = np.radians(angles)[:, None]
    down = np.ceil(steps * np.sin(angles) - 0.5).astype(int)
    right = np.ceil(steps * np.cos(angles) - 0.5).astype(int)
    each = np.arange(count)[:, None, None]
    blurred = np.zeros_like(images)
    for step, weight in enumerate(weights):
        rows = np.clip(np.arange(height) + down[:, step, None], 0, height - 1)
        columns = np.clip(np.arange(width) + right[:, step, None], 0, width - 1)
        blurred += weight * images[each, rows[:, :, None], columns[:, None, :]]
    return levels.nearest(blurred)
