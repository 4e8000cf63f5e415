"""What PGD-100 with 10 restarts costs: ours against CleverHans and ART looped over restarts.

    .venv-bench/bin/python benchmarks/pgd_cost.py CLASSIFIER.keras AUTOENCODER.keras

The environment is that of `make bench`, which makes it from benchmarks/bench.txt. 500 MNIST test
images, eps 0.3, step 0.01, float32, batches of 250, on the bare classifier and behind the
autoencoder. The others attack every image in every restart; a row is robust if it survives all of
them. A gradient evaluation is one example's gradient, padding included.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from cleverhans.tf2.attacks.projected_gradient_descent import projected_gradient_descent

from aaa_tf.attacks.art_adapter import make_art_classifier
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import compute_logits, run_attacks
from aaa_tf.data import load_dataset
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.loading import load_autoencoder, load_classifier

NUM_IMAGES, BATCH_SIZE, EPS, STEP_SIZE, NUM_STEPS, NUM_RESTARTS = 500, 250, 0.3, 0.01, 100, 10


def attack_with_ours(logits_fn, split):
    """Robust rows and gradients of our PGD."""
    attack = PGD(eps=EPS, step_size=STEP_SIZE, num_steps=NUM_STEPS, num_restarts=NUM_RESTARTS)
    result = run_attacks([attack], logits_fn, split.images, split.labels, batch_size=BATCH_SIZE)
    return result.is_robust, result.num_gradients[attack.name]


def attack_with_cleverhans(logits_fn, split):
    """The same with CleverHans' eager PGD, all images in each restart."""
    tf.random.set_seed(0)

    def run(images, labels):
        return projected_gradient_descent(
            logits_fn, images, EPS, STEP_SIZE, NUM_STEPS, np.inf,
            clip_min=0.0, clip_max=1.0, y=labels, rand_init=1.0,
        )  # fmt: skip

    return _loop_over_restarts(run, logits_fn, split)


def attack_with_art(logits_fn, split):
    """The same with ART's ProjectedGradientDescent on a compiled model."""
    from art.attacks.evasion import ProjectedGradientDescentTensorFlowV2

    np.random.seed(0)
    classifier = make_art_classifier(logits_fn, image_shape=split.images.shape[1:], num_classes=10)
    attack = ProjectedGradientDescentTensorFlowV2(
        classifier, eps=EPS, eps_step=STEP_SIZE, max_iter=NUM_STEPS, num_random_init=1,
        batch_size=BATCH_SIZE, verbose=False,
    )  # fmt: skip
    return _loop_over_restarts(lambda x, y: attack.generate(x, y), logits_fn, split)


def _loop_over_restarts(run, logits_fn, split):
    is_robust = np.ones(len(split), bool)
    for _ in range(NUM_RESTARTS):
        for first in range(0, len(split), BATCH_SIZE):
            rows = slice(first, first + BATCH_SIZE)
            found = np.asarray(run(split.images[rows], split.labels[rows]))
            logits = compute_logits(logits_fn, found, BATCH_SIZE)
            is_robust[rows] &= logits.argmax(axis=1) == split.labels[rows]
    return is_robust, len(split) * NUM_STEPS * NUM_RESTARTS


def main():
    """Runs all six and prints a table."""
    classifier = load_classifier(sys.argv[1])
    autoencoder = load_autoencoder(sys.argv[2])
    split = load_dataset("mnist").test.first(NUM_IMAGES)
    pipelines = {
        "undefended": classifier.logits_fn,
        "defended": make_defended_logits_fn(autoencoder, classifier.logits_fn),
    }
    attacks = {
        "aaa_tf": attack_with_ours,
        "CleverHans": attack_with_cleverhans,
        "ART": attack_with_art,
    }
    print("| model | library | robust | gradient evaluations | seconds | microseconds each |")
    print("|---|---|---|---|---|---|")
    for model, logits_fn in pipelines.items():
        for library, attack in attacks.items():
            started = time.perf_counter()
            is_robust, num_gradients = attack(logits_fn, split)
            seconds = time.perf_counter() - started
            each = 1e6 * seconds / num_gradients
            row = (model, library, is_robust.sum(), num_gradients, f"{seconds:.0f}", f"{each:.0f}")
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    main()
