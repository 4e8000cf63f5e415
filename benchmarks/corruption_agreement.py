"""What replaces OpenCV and scikit-image in the corruptions, against the originals.

    python3 -m venv .venv-opencv
    .venv-opencv/bin/pip install numpy scipy pillow scikit-image "opencv-python-headless<4.11"
    PYTHONPATH=. .venv-opencv/bin/python benchmarks/corruption_agreement.py

Random smooth images of 32x32, 8 bits; for each part the share of values that differ, and by how
much at most, in levels of 1/255 (distances: in pixels). It needs no TensorFlow. ImageMagick's
motion blur is not here: tests/test_corruptions_motion.py holds its formula.
"""

import cv2
import numpy as np
import scipy.ndimage
import skimage
import skimage.color
import skimage.filters

from aaa_tf.corruptions import blur, color, edges, elastic, levels, spatter
from aaa_tf.corruptions.constants import CONSTANTS
from aaa_tf.corruptions.draws import Draws

NUM_IMAGES, SIDE = 200, 32


def make_images(channels):
    """Smooth noise over the whole range, uint8 (N, SIDE, SIDE, channels)."""
    images = np.random.default_rng(0).standard_normal((NUM_IMAGES, SIDE, SIDE, channels))
    images = scipy.ndimage.gaussian_filter(images, 1, axes=(1, 2))
    images -= images.min(axis=(1, 2, 3), keepdims=True)
    return np.rint(images / images.max(axis=(1, 2, 3), keepdims=True) * 255).astype(np.uint8)


def compare(name, ours, theirs, unit=1):
    """Prints one line; both as sequences of arrays."""
    distance = np.abs(np.asarray(ours, float) - np.asarray(theirs, float)) * unit
    share = (distance > 1e-4).mean()
    print(f"{name:36s} {share:8.3%} differ, by {distance.max():.2g} at most")


def by_levels(name, ours, theirs):
    """Compares after the cut to 8 bits that every corruption ends with."""
    compare(name, levels.truncate(ours), levels.truncate(np.asarray(theirs)), unit=255)


def compare_edges():
    """Canny, distance transform and histogram equalisation, on grey layers."""
    layers = make_images(1)[..., 0]
    canny = [cv2.Canny(layer, 50, 150) > 0 for layer in layers]
    compare("Canny", edges.canny_edges(layers, 50, 150), canny)
    far = [cv2.distanceTransform(255 * (1 - e.astype(np.uint8)), cv2.DIST_L2, 5) for e in canny]
    ours = edges.chamfer_distance(np.array(canny), limit=20)
    compare("distanceTransform", ours, np.minimum(far, 20))
    compare("equalizeHist", spatter.equalize(layers.astype(int)), [*map(cv2.equalizeHist, layers)])


def compare_filters(images):
    """Gaussian filter and defocus kernels."""
    for sigma in CONSTANTS["gaussian_blur"]:
        theirs = [skimage.filters.gaussian(i, sigma=sigma, channel_axis=-1) for i in images]
        by_levels(f"gaussian, sigma {sigma}", blur.gaussian_blur(images, sigma, None), theirs)
    for radius, sigma in CONSTANTS["defocus_blur"]:
        disk = (np.hypot(*np.mgrid[-8:9, -8:9]) <= radius).astype(np.float32)
        kernel = cv2.GaussianBlur(disk / disk.sum(), (3, 3), sigma)
        theirs = [cv2.filter2D(i, -1, kernel) for i in images]
        ours = blur.defocus_blur(images, (radius, sigma), None)
        by_levels(f"defocus, radius {radius}", ours, theirs)


def compare_colors(images):
    """HSV and back."""
    for amount in CONSTANTS["brightness"]:
        hsv = skimage.color.rgb2hsv(images)
        hsv[..., 2] = np.minimum(hsv[..., 2] + amount, 1)
        ours = color.brightness(images, amount, None)
        by_levels(f"HSV value + {amount}", ours, skimage.color.hsv2rgb(hsv))
    for factor, added in CONSTANTS["saturate"]:
        hsv = skimage.color.rgb2hsv(images)
        hsv[..., 1] = np.clip(hsv[..., 1] * factor + added, 0, 1)
        ours = color.saturate(images, (factor, added), None)
        by_levels(f"HSV saturation * {factor} + {added}", ours, skimage.color.hsv2rgb(hsv))


def compare_warps(images):
    """The affine part of the elastic transform."""
    points = np.float32([[26, 26], [26, 6], [6, 6]])
    for severity, (_, _, share) in enumerate(CONSTANTS["elastic_transform"], start=1):
        draws = [Draws(seed=0, type_name="warp", severity=severity, indices=range(NUM_IMAGES))
                 for _ in range(2)]  # fmt: skip
        ours = elastic.elastic_transform(images, (0, 0, share), draws[0])
        theirs = []
        for image, move in zip(
            images, draws[1].uniform(-share * SIDE, share * SIDE, (3, 2)), strict=True
        ):
            matrix = cv2.getAffineTransform(points, points + move.astype(np.float32))
            single = image.astype(np.float32)
            theirs.append(
                cv2.warpAffine(single, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
            )
        by_levels(f"warpAffine, severity {severity}", ours, theirs)


if __name__ == "__main__":
    print(f"OpenCV {cv2.__version__}, scikit-image {skimage.__version__}, {NUM_IMAGES} images")
    compare_edges()
    colored = make_images(3) / 255
    compare_filters(colored)
    compare_colors(colored)
    compare_warps(colored)
