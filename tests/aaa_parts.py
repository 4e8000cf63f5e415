"""An update of the training taken apart, so that a test can do it by hand."""

import tensorflow as tf

from aaa_tf import losses, seeds
from aaa_tf.attacks import norms
from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import aaa, loop
from tests.conftest import build_tiny_classifier, make_split


class Parts:
    """An autoencoder, a native and a batch, with a step that has not run yet."""

    def __init__(self, config, optimizer=None):
        self.config = config
        self.autoencoder = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
        self.native = freeze_keras("f", build_tiny_classifier())
        self.optimizer = optimizer or loop.build_optimizer(config)
        self.optimizer.build(self.autoencoder.trainable_variables)
        split = make_split(config.batch_size, 4)
        self.images, self.labels = tf.constant(split.images), tf.constant(split.labels)
        self.positions = tf.range(config.batch_size, dtype=tf.int64)

    def run(self, step):
        step_fn = aaa.make_aaa_step(self.autoencoder, self.native, self.optimizer, self.config)
        return step_fn(self.images, self.labels, self.positions, tf.constant(step, tf.int64))

    def attack(self, step):
        pipeline = make_defended_logits_fn(self.autoencoder, self.native.logits_fn)
        return aaa.attack(
            pipeline, self.images, self.labels, self.positions, tf.constant(step, tf.int64),
            self.config,
        )  # fmt: skip


def step_number(step):
    return tf.constant(step, tf.int64)


def start_of(parts, step):
    config = parts.config
    key = seeds.fold_in(config.seed, seeds.ATTACK_START, step)
    return norms.random_start(parts.images, config.eps, "Linf", key, parts.positions)


def xent_gradient(parts, images):
    pipeline = make_defended_logits_fn(parts.autoencoder, parts.native.logits_fn)
    with tf.GradientTape() as tape:
        tape.watch(images)
        xent = losses.softmax_cross_entropy(pipeline(images), parts.labels)
    return tape.gradient(xent, images)
