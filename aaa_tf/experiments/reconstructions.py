"""What the autoencoders of each loss make of the first test images: the paper's table 3.

    shown = reconstruct({"xent": g, "mse": h}, dataset.test, num_examples=1000)

The paper shows pictures only. Beside them stands the squared error between G(x) and x, averaged
over pixels and images, which says how far an autoencoder is from leaving clean images alone.

Reference: Vaishnavi et al. 2020, table 3.
"""

import dataclasses
import math

import numpy as np

_NUM_SHOWN = 3
_BATCH_SIZE = 250


@dataclasses.dataclass(frozen=True)
class Reconstructions:
    """Pictures and errors.

    Attributes:
        headings: "input", then each loss.
        pictures: (images, headings, H, W, C) in [0, 1].
        errors: a dict for each loss: `loss`, `mean_squared_error`, `standard_error` of that mean
            over images, `num_examples`.
    """

    headings: tuple
    pictures: np.ndarray
    errors: list

    def sheet(self) -> np.ndarray:
        """All pictures as one image (rows * H, columns * W, C), for a file."""
        return np.concatenate([np.concatenate(line, axis=1) for line in self.pictures], axis=0)


def reconstruct(autoencoders: dict, split, *, num_examples: int) -> Reconstructions:
    """Runs autoencoders on clean images.

    Args:
        autoencoders: loss -> Keras model.
        split: Split of test data.
        num_examples: of the errors: the first ones; 0 for all.
    """
    images = split.first(num_examples).images
    outputs, errors = [images[:_NUM_SHOWN]], []
    for loss, autoencoder in autoencoders.items():
        purified = autoencoder.predict(images, batch_size=_BATCH_SIZE, verbose=0)
        by_image = np.square(purified - images).mean(axis=(1, 2, 3))
        deviation = float(by_image.std(ddof=1)) if len(images) > 1 else 0.0
        errors.append(
            {
                "loss": loss,
                "mean_squared_error": float(by_image.mean()),
                "standard_error": deviation / math.sqrt(len(images)),
                "num_examples": len(images),
            }
        )
        outputs.append(purified[:_NUM_SHOWN])
    return Reconstructions(("input", *autoencoders), np.stack(outputs, axis=1), errors)
