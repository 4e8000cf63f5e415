"""A model whose robustness is known: an image of mean m breaks once eps exceeds |m - 0.5|."""

import numpy as np
import tensorflow as tf

from aaa_tf.data import Split


def mean_pixel_logits(images):
    """Class 1 for images brighter than 0.5, else class 0."""
    score = tf.reduce_mean(images, axis=(1, 2, 3)) - 0.5
    return tf.stack([-score, score], axis=1)


def make_split_of_means():
    """Constant images of mean 0.05, 0.15, ..., 0.95; the third is labelled wrongly."""
    means = np.arange(0.05, 1, 0.1, dtype=np.float32)
    labels = (means > 0.5).astype(np.int32)
    labels[2] = 1
    return Split(np.broadcast_to(means[:, None, None, None], (10, 4, 4, 1)).copy(), labels)
