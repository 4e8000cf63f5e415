"""What tests of attacks share: few steps, and linear models with their exact distances."""

import numpy as np
import tensorflow as tf

from aaa_tf.attacks import norms
from aaa_tf.attacks.runner import run_attacks

SHAPE = (6, 6, 1)
STEPS = {"step_size": 0.05, "num_steps": 10}
PLANE = np.linspace(-1, 1, 16, dtype=np.float32)[:, None]


def plane_logits(images):
    """Two classes on the two sides of a plane through the grey image, (N, 4, 4, 1)."""
    score = tf.reshape(images - 0.5, (-1, 16)) @ PLANE
    return tf.concat([-score, score], axis=1)


def linear_model(rng, classes=4):
    weights = rng.normal(size=(36, classes)).astype(np.float32)
    bias = -0.5 * weights.sum(axis=0)  # equal logits at a grey image, so all classes occur
    return (lambda images: tf.reshape(images, (-1, 36)) @ weights + bias), weights, bias


def exact_distances(weights, bias, images, labels, norm):
    """Distance of each image to the nearest linear boundary, the box out of reach."""
    logits = images.reshape(-1, 36) @ weights + bias
    distances = []
    for logit, label in zip(logits, labels, strict=True):
        slopes = weights - weights[:, label : label + 1]
        dual = np.abs(slopes).sum(0) if norm == "Linf" else np.linalg.norm(slopes, axis=0)
        others = [k for k in range(len(logit)) if k != label]
        distances.append(min((logit[label] - logit[k]) / dual[k] for k in others))
    return np.array(distances)


def distances_found(attack, logits_fn, images, labels):
    found = attack(logits_fn, images, labels)
    assert np.all(np.argmax(logits_fn(found), 1) != labels)
    return norms.length(found - images, attack.norm).numpy()


def check_exact_boundary(build, linear_problem, norm):
    """Just above the exact distance every row breaks, just below none; `build(eps)` an attack."""
    logits_fn, weights, bias, images, labels = linear_problem
    images, labels = images[:4], labels[:4]  # each is traced anew, because eps is its own
    exact = exact_distances(weights, bias, images, labels, norm)
    for factor, is_broken in ((1.02, True), (0.98, False)):
        for i in range(len(images)):
            attack = build(float(factor * exact[i]))
            result = run_attacks([attack], logits_fn, images[i : i + 1], labels[i : i + 1])
            assert result.is_robust[0] != is_broken, (attack.name, factor)
