"""The loop of the training over the tiny problem."""

import tensorflow as tf

from aaa_tf.models.autoencoders import build_autoencoder
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.training import aaa, loop
from tests.conftest import build_tiny_classifier, make_split


class Training:
    """A run of the loop over the tiny problem with a step of one native."""

    def __init__(self, config, run_dir):
        self.config, self.run_dir = config, run_dir
        self.model = build_autoencoder("conv", image_shape=(8, 8, 1), seed=0)
        self.optimizer = loop.build_optimizer(config)
        self.optimizer.build(self.model.trainable_variables)
        native = freeze_keras("f", build_tiny_classifier())
        self.step_fn = aaa.make_aaa_step(self.model, native, self.optimizer, config)
        self.val_losses = []

    def run(self, val_loss=lambda epoch: 1.0):
        def validate():
            self.val_losses.append(val_loss(len(self.val_losses)))
            return {"val_loss": self.val_losses[-1]}

        loop.run_training(
            [self.step_fn], model=self.model, optimizer=self.optimizer, split=make_split(60, 1),
            config=self.config, run_dir=self.run_dir, strategy=tf.distribute.get_strategy(),
            validate=validate,
        )  # fmt: skip
