"""Pictures: what the adversary made of an image, and what the autoencoder made of that."""

import io

import matplotlib.figure

from aaa_tf import files
from aaa_tf.evaluation.thumbnails import to_picture


def draw_purification(path, images, adversarial_images, purified_images, predictions, class_names):
    """A grid of clean, adversarial and purified images with predictions, written to a PNG.

    Args:
        path: file to write, atomically.
        images: (N, H, W, C) clean images in [0, 1], a few.
        adversarial_images: (N, H, W, C), the attack on the defended pipeline.
        purified_images: (N, H, W, C), what the autoencoder returns for them.
        predictions: three (N,) integer arrays: the bare classifier on clean and on adversarial
            images, and the defended pipeline on adversarial images.
        class_names: name of each class.

    Reference: Vaishnavi et al. 2020, table 3.
    """
    rows = ("clean", "adversarial", "purified")
    grids = (images, adversarial_images, purified_images)
    figure = matplotlib.figure.Figure(figsize=(1.2 * len(images), 4.2), layout="constrained")
    axes = figure.subplots(len(rows), len(images), squeeze=False)
    for row, (title, grid, classes) in enumerate(zip(rows, grids, predictions, strict=True)):
        for column, axis in enumerate(axes[row]):
            axis.imshow(to_picture(grid[column]), cmap="gray", vmin=0, vmax=1)
            is_same = classes[column] == predictions[0][column]
            axis.set_title(
                class_names[classes[column]],
                fontsize=9,
                color="black" if is_same else "red",
                parse_math=False,
            )
            axis.set_xticks([])
            axis.set_yticks([])
        axes[row][0].set_ylabel(title)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100)
    files.write_bytes(path, buffer.getvalue())
