"""The four noises of CIFAR-10-C: Gaussian, shot, impulse, speckle.

    gaussian_noise(images, 0.04, draws)

Images (N, H, W, C) float64 in [0, 1]; results may leave that range, which `corrupt` clips. Every
value of every channel is drawn by itself.

Reference: Hendrycks & Dietterich 2019, make_cifar_c.
"""

import numpy as np


def gaussian_noise(images, scale, draws):
    """The image plus scale * n, n standard normal."""
    return images + scale * draws.normal(images.shape[1:])


def speckle_noise(images, scale, draws):
    """The image x plus x * scale * n, n standard normal."""
    return images + images * scale * draws.normal(images.shape[1:])


def shot_noise(images, photons, draws):
    """Poisson(photons * x) / photons: white receives `photons` photons on average."""
    return draws.poisson(images * photons) / photons


def impulse_noise(images, amount, draws):
    """A share `amount` of the values becomes 1 or 0 with equal chance.

    As scikit-image's random_noise(mode="s&p"): one draw says whether, a second one which.
    """
    is_hit = draws.uniform(0, 1, images.shape[1:]) <= amount
    is_salt = draws.uniform(0, 1, images.shape[1:]) <= 0.5
    return np.where(is_hit, is_salt.astype(images.dtype), images)
