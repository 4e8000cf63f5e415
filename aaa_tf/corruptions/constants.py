"""The constants of CIFAR-10-C: type -> what its function takes at severity 1 to 5.

Those of the script that made the published 32x32 images, make_cifar_c (Hendrycks & Dietterich
2019); ImageNet-C's are others, for images of 224x224. Lengths are in pixels; only those of
elastic_transform are shares of the image's side, as they are published.

    CONSTANTS["gaussian_noise"][0]    # severity 1: a standard deviation of 0.04

The order is that of the script: the fifteen types of the benchmark, then the four extra ones.
"""

CONSTANTS = {
    # Standard deviation.
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    # Photons that a white pixel receives.
    "shot_noise": (500, 250, 100, 75, 50),
    # Share of values hit.
    "impulse_noise": (0.01, 0.02, 0.03, 0.05, 0.07),
    # Radius of the disk, sigma of the smoothing of its edge.
    "defocus_blur": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    # Sigma of the blur before and after, largest displacement, repetitions.
    "glass_blur": ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    # Radius, sigma.
    "motion_blur": ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    # End of the range of zoom factors that starts at 1, in steps of 0.01.
    "zoom_blur": (1.06, 1.11, 1.16, 1.21, 1.26),
    # Mean and deviation of the flakes, their zoom, threshold, radius and sigma of their motion
    # blur, share of the image that stays as it is.
    "snow": (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
        (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    ),
    # Weight of the image, weight of the frost.
    "frost": ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    # Thickness, decay of the height map's detail.
    "fog": ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    # Added to the value of HSV.
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    # Factor of the distance to the mean.
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    # Size and smoothness of the displacements, largest move of a corner; shares of the side.
    "elastic_transform": (
        (0, 0, 0.08),
        (0.05, 0.2, 0.07),
        (0.08, 0.06, 0.06),
        (0.1, 0.04, 0.05),
        (0.1, 0.03, 0.03),
    ),
    # Side of the small image, as a share.
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),
    # JPEG quality.
    "jpeg_compression": (80, 65, 58, 50, 40),
    # Deviation relative to the pixel.
    "speckle_noise": (0.06, 0.1, 0.12, 0.16, 0.2),
    # Sigma.
    "gaussian_blur": (0.4, 0.6, 0.7, 0.8, 1),
    # Mean and deviation of the liquid, sigma of its smoothing, threshold, strength (of mud: sigma
    # of its edge), 0 for water and 1 for mud.
    "spatter": (
        (0.62, 0.1, 0.7, 0.7, 0.5, 0),
        (0.65, 0.1, 0.8, 0.7, 0.5, 0),
        (0.65, 0.3, 1, 0.69, 0.5, 0),
        (0.65, 0.1, 0.7, 0.69, 0.6, 1),
        (0.65, 0.1, 0.5, 0.68, 0.6, 1),
    ),
    # Factor of the saturation of HSV, what is added to it.
    "saturate": ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
}
TYPES = tuple(CONSTANTS)
EXTRA_TYPES = ("speckle_noise", "gaussian_blur", "spatter", "saturate")
SEVERITIES = (1, 2, 3, 4, 5)
