"""HopSkipJump (Chen, Jordan & Wainwright 2020): needs the predicted class alone, no scores.

    HopSkipJump(eps=0.3, max_iter=20)

ART computes it (an extra, see art_adapter); here it becomes an attack like the others, so that
survivors, threat model and cost are judged by the same code. It walks along the boundary towards
the image, so it is slow, thousands of queries an image, and serves as a check that not even logits
are what a defence hides behind.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from aaa_tf.attacks.art_adapter import import_art, make_art_black_box
from aaa_tf.attacks.attack import Attack, Found
from aaa_tf.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class HopSkipJump(Attack):
    """HopSkipJump, untargeted, through ART.

    Attributes:
        max_iter: steps along the boundary per image.
        max_eval: most queries to estimate one direction.
        init_eval: queries for the first one; it grows with the square root of the step.
        init_size: random images tried to find a misclassified one to start from.
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
            found, num_queries = images.copy(), 0
            # A batch is filled up with repeated rows; each is attacked once.
            for row in np.unique(index, return_index=True)[1]:
                seed = np.append(key, index[row]).astype(np.uint32)
                found[row], queries = self._attack_one(compiled, images[row], seed, num_classes)
                num_queries += queries
            return found, np.int32(num_queries // len(np.unique(index)))

        found, num_queries = tf.numpy_function(
            attack_rows, [images, key, index], [tf.float32, tf.int32], stateful=True
        )
        return Found(tf.ensure_shape(found, images.shape), tf.constant(0), num_queries)

    def _attack_one(self, compiled, image, seed, num_classes):
        """The nearest misclassified image that ART finds, and the queries it took."""
        num_queries = 0

        def predict(images):
            nonlocal num_queries
            num_queries += len(images)
            return compiled(tf.constant(images, tf.float32)).numpy()

        start = self._misclassified_start(predict, image, seed)
        if start is None:
            return image, num_queries
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

    def _misclassified_start(self, predict, image, seed):
        """A random image of another class, which ART would draw from a generator without seed."""
        shape = (self.init_size, *image.shape)
        candidates = np.random.default_rng(seed).random(shape, np.float32)
        classes = predict(np.concatenate([image[None], candidates])).argmax(axis=1)
        others = np.flatnonzero(classes[1:] != classes[0])
        return candidates[others[0]] if len(others) else None
