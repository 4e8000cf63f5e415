"""The order in which training sees examples: a function of (seed, step), so a resume just starts.

Epoch e visits a permutation drawn from (seed, e); the incomplete batch at its end is left out, and
those examples come elsewhere in the next epoch's permutation.
"""

import numpy as np
import tensorflow as tf

from aaa_tf import seeds
from aaa_tf.config import LoopConfig
from aaa_tf.data.augmentation import Augmentation
from aaa_tf.data.dataset import Split
from aaa_tf.errors import InputError

_UNCHANGED = Augmentation()


def make_training_batches(
    split: Split,
    *,
    batch_size: int,
    seed: int,
    start_step: int,
    end_step: int,
    replays: int = 1,
    augment=_UNCHANGED,
    num_parts: int = 1,
    own_parts=(0,),
):
    """Global batches for the updates start_step, ..., end_step - 1.

    Args:
        split: training examples.
        batch_size: examples per update over all devices together.
        seed: seed of the order.
        start_step: first update; the batches are those an unbroken run would see from there.
        end_step: one past the last update.
        replays: updates in a row that see the same batch.
        augment: Augmentation of the images; none by default.
        num_parts: devices, each of which gets a part of every batch; parts differ by 1 at most.
        own_parts: which parts come out, one element each, update by update.

    Returns:
        A tf.data.Dataset of (images, labels, positions); positions are 0 to batch_size - 1, the
        place of each example in the global batch, which a device cannot know otherwise.

    Raises:
        InputError: if there are fewer examples than one batch, or fewer in it than parts, or
            shifts as large as an image.
    """
    require_sizes(len(split), batch_size, num_parts)
    augment.require_fits(split.images.shape[1:])
    parts = np.array_split(np.arange(batch_size, dtype=np.int64), num_parts)

    def generate():
        for step in range(start_step, end_step):
            batch = step // replays
            rows = batch_rows(len(split), batch_size, seed, batch)
            for positions in (parts[part] for part in own_parts):
                own = rows[positions]
                images = augment(split.images[own], positions, (seed, batch), batch_size)
                yield images, split.labels[own], positions

    size = None if batch_size % num_parts else batch_size // num_parts
    signature = (
        tf.TensorSpec((size, *split.images.shape[1:]), tf.float32),
        tf.TensorSpec((size,), tf.int32),
        tf.TensorSpec((size,), tf.int64),
    )
    batches = tf.data.Dataset.from_generator(generate, output_signature=signature)
    return batches.prefetch(2 * len(own_parts))


def fit_batch_size(values: dict, dataset) -> dict:
    """A preset's values of a training, with batches no larger than a small data set."""
    batch_size = values.get("batch_size", LoopConfig.batch_size)
    return values | {"batch_size": min(batch_size, len(dataset.train))}


def require_sizes(size: int, batch_size: int, num_parts: int) -> None:
    """Raises what `make_training_batches` raises for a split of `size` examples."""
    if batch_size < num_parts:
        raise InputError(
            f"a batch of {batch_size} cannot be spread over {num_parts} devices; "
            f"give --batch_size={num_parts} or more"
        )
    if size < batch_size:
        raise InputError(
            f"{size} training examples are fewer than one batch; give --batch_size={size} or less"
        )


def batch_rows(size: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """Row numbers, (batch_size,), of the examples that update `step` sees."""
    epoch, batch = divmod(step, size // batch_size)
    return seeds.permutation(seed, epoch, size)[batch * batch_size : (batch + 1) * batch_size]
