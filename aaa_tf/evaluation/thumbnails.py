"""A grid of clean, adversarial and purified images with predictions, for an HTML page.

    grid = make_grid(numpy.load("examples.npz"), class_names)

Reference: Vaishnavi et al. 2020, table 3.
"""

import base64
import io

import numpy as np
import PIL.Image

MAX_EXAMPLES = 10
_LINES = (
    ("clean", "images", "predictions_clean", "the bare classifier"),
    ("adversarial", "adversarial_images", "predictions_adversarial_bare", "the bare classifier"),
    ("purified", "purified_images", "predictions_adversarial", "the whole pipeline"),
)


def make_grid(examples, class_names) -> list[dict]:
    """Lines of pictures with what a model made of each.

    Args:
        examples: mapping with `images`, `adversarial_images`, `purified_images` (N, H, W, C) in
            [0, 1] and `predictions_clean`, `predictions_adversarial_bare`,
            `predictions_adversarial` (N,) integers; a line whose arrays are absent is left out,
            and without the clean line there is no grid.
        class_names: name of each class.

    Returns:
        For each line its `name`, `judge` and `cells`; a cell has `source` (a data URI), `text`,
        `prediction` and `is_changed`, whether it differs from the one for the clean image.
    """
    if "images" not in examples or "predictions_clean" not in examples:
        return []
    lines = []
    for name, images, predictions, judge in _LINES:
        if images in examples and predictions in examples:
            pairs = zip(examples[images], examples[predictions], strict=True)
            cells = [
                _make_cell(image, _class_name(class_names, prediction), name, number)
                for number, (image, prediction) in enumerate(list(pairs)[:MAX_EXAMPLES], 1)
            ]
            lines.append({"name": name, "judge": judge, "cells": cells})
    for line in lines:
        for cell, first in zip(line["cells"], lines[0]["cells"], strict=True):
            cell["is_changed"] = cell["prediction"] != first["prediction"]
    return lines


def to_picture(image) -> np.ndarray:
    """An image (H, W, C) as a screen shows it: (H, W, 3) for three channels, else grey (H, W)."""
    image = np.asarray(image)
    return image if image.shape[-1] == 3 else image.mean(axis=-1)


def encode_png(image) -> bytes:
    """An image (H, W, C) in [0, 1], as the content of a PNG file; see `to_picture`."""
    pixels = np.clip(np.rint(to_picture(image) * 255), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def image_uri(image) -> str:
    """The same as the data URI of that file."""
    return "data:image/png;base64," + base64.b64encode(encode_png(image)).decode()


def _make_cell(image, prediction, name, number):
    text = f"{name} image {number}, predicted {prediction}"
    return {"source": image_uri(image), "prediction": prediction, "text": text}


def _class_name(class_names, prediction):
    return class_names[prediction] if 0 <= prediction < len(class_names) else str(int(prediction))
