"""Models for the checks of gradient masking: an honest one, and some known in closed form."""

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.evaluation.check_subject import Subject
from tests.conftest import build_tiny_classifier, make_split


def train(seed):
    model = build_tiny_classifier(seed)
    split = make_split(300, 1)
    optimizer = keras.optimizers.Adam(0.01)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    model.fit(split.images, split.labels, 50, epochs=8, verbose=0, shuffle=False)
    return lambda images: model(images, training=False)


def make_subject(value, num_images=40, eps=0.2, logits_fn=None, **changes):
    """Grey images of class 0; `value` maps |mean - 0.5| / eps to the margin."""
    images = np.full((num_images, 8, 8, 1), 0.5, np.float32)

    def of_mean(images):
        margin = 3 * value(tf.abs(tf.reduce_mean(images, axis=(1, 2, 3)) - 0.5) / eps)
        return tf.stack([-margin, tf.zeros_like(margin)], axis=1)

    logits_fn = logits_fn or of_mean
    images = changes.pop("images", images)
    values = dict(
        logits_fn=logits_fn,
        images=images,
        labels=np.zeros(num_images, np.int32),
        logits=logits_fn(tf.constant(images)).numpy(),
        eps=eps,
        norm="Linf",
        seed=0,
        batch_size=50,
        transfer_source=None,
    )
    return Subject(**values | changes)
