"""HopSkipJump (Chen, Jordan & Wainwright 2020): needs the predicted class alone, no scores.

    HopSkipJump(eps=0.3, max_iter=20)

ART computes it (an extra, see art_adapter); here it becomes an attack like the others, so that
survivors, threat model and cost are judged by the same code. It walks along the boundary towards
the image, so it is slow, thousands of queries an image, and serves as a check that not even logits
are what a defence hides behind.
"""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from aaa_tf.attacks.art_adapter import import_art, make_art_black_box
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.attacks.starts import find_misclassified
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class HopSkipJump(Attack):
    """HopSkipJump, untargeted, through ART.

    Attributes:
        max_iter: steps along the boundary per image.
        max_eval: most queries to estimate one direction.
        init_eval: queries for the first one; it grows with the square root of the step.
        init_size: images of noise tried to find a misclassified one to start from, and where all
            are of one class 11 greys, as many of smooth noise and the other images of the batch,
            the one thing that depends on it.
    """

    max_iter: int = 20
    max_eval: int = 1000
    init_eval: int = 100
    init_size: int = 100

    def __post_init__(self):
        super().__post_init__()
        if min(self.max_iter, self.max_eval, self.init_eval, self.init_size) < 1:
            raise InputError("max_iter, max_eval, init_eval and init_size must be at least 1")
        import_art("attacks.evasion")  # told before other attacks have run for hours

    @property
    def minimizes(self) -> bool:
        """Implements `Attack.minimizes`."""
        return True

    @property
    def needs_gradient(self) -> bool:
        """Implements `Attack.needs_gradient`."""
        return False

    def search(self, logits_fn, images, labels, round_index, key, index) -> Found:
        """Implements `Attack.search`."""
        num_classes = logits_fn(images).shape[1]
        compiled = tf.function(logits_fn, jit_compile=False, reduce_retracing=True)

        def attack_rows(images, key, index):
            found, num_queries, num_without = images.copy(), 0, 0
            # A batch is filled up with repeated rows; each is attacked once.
            rows = np.unique(index, return_index=True)[1]
            for row in rows:
                seed = np.append(key, index[row]).astype(np.uint32)
                nearest, queries = self._attack_one(
                    compiled, images[row], images[rows], seed, num_classes
                )
                num_queries += queries
                if nearest is None:
                    num_without += 1
                else:
                    found[row] = nearest
            _tell_without_start(num_without, len(rows))
            return found, np.int32(num_queries // len(rows))

        found, num_queries = tf.numpy_function(
            attack_rows, [images, key, index], [tf.float32, tf.int32], stateful=True
        )
        return Found(tf.ensure_shape(found, images.shape), tf.constant(0), num_queries)

    def _attack_one(self, compiled, image, others, seed, num_classes):
        """The nearest misclassified image that ART finds, or None, and the queries it took."""
        num_queries = 0

        def predict(images):
            nonlocal num_queries
            num_queries += len(images)
            return compiled(tf.constant(images, tf.float32)).numpy()

        start = find_misclassified(predict, image, others, size=self.init_size, seed=seed)
        if start is None:
            return None, num_queries
        estimator = make_art_black_box(predict, image_shape=image.shape, num_classes=num_classes)
        attack = import_art("attacks.evasion").HopSkipJump(
            estimator,
            norm=np.inf if self.norm == "Linf" else 2,
            max_iter=self.max_iter,
            max_eval=self.max_eval,
            init_eval=self.init_eval,
            verbose=False,
        )
        state = np.random.get_state()  # ART draws from NumPy's global generator
        np.random.seed(seed)
        try:
            return attack.generate(image[None], x_adv_init=start[None])[0], num_queries
        finally:
            np.random.set_state(state)


def _tell_without_start(num_images, num_in_batch):
    if num_images:
        warnings.warn(
            f"HopSkipJump attacks {num_images} of {num_in_batch} images not at all, because every "
            "image it starts from is of their class; that they count as robust says nothing",
            stacklevel=2,
        )
