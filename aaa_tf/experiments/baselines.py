"""Two defences that a sceptic puts beside AAA, with the attacks that are fair to them.

    target, column = threshold_baseline(native, eps=0.3)
    autoencoder = train_denoiser(dataset, native, run_dir="runs/denoiser")
    target = make_defended_target(native, autoencoder, defence="denoising autoencoder")

A threshold at 0.5 turns MNIST's nearly binary digits into binary ones, needs no training, and
undoes most of what eps 0.3 may change. A denoising autoencoder is trained exactly as AAA's, on
uniform noise of size eps and without any attack. A defence that does not beat both has learned
nothing worth its cost.
"""

import numpy as np

from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.pixel_flips import PixelFlips, binarize, has_free_pixel
from aaa_tf.attacks.runner import compute_logits
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer, make_bpda
from aaa_tf.config import AAAConfig
from aaa_tf.data.batching import fit_batch_size
from aaa_tf.errors import InputError
from aaa_tf.evaluation.suites import Column
from aaa_tf.evaluation.target import Target, make_defended_target
from aaa_tf.presets import preset_values
from aaa_tf.training.runs import train_autoencoder


def make_threshold_logits_fn(logits_fn, threshold: float = 0.5):
    """A classifier behind a threshold, made differentiable by BPDA (Athalye et al. 2018).

    The forward pass is the threshold itself. Backward it is the identity, so the gradient is the
    classifier's at the BINARY image. For a step along the gradient's sign any substitute that rises
    in each pixel gives the same step, so a smooth one would not be stronger.

    Args:
        logits_fn: images (N, H, W, C) -> logits (N, K).
        threshold: pixels above it become 1, the others 0.

    Returns:
        images (N, H, W, C) -> logits (N, K).
    """
    front_end = make_bpda(lambda images: binarize(images, threshold))
    return lambda images: logits_fn(front_end(images))


def threshold_baseline(
    classifier,
    *,
    eps: float,
    threshold: float = 0.5,
    num_steps: int = 100,
    num_restarts: int = 2,
    num_queries: int = 5000,
    seed: int = 0,
    role: str = "",
    name: str | None = None,
) -> tuple:
    """A threshold before a natural classifier, with attacks that know of it.

    Args:
        classifier: FrozenClassifier with a gradient.
        eps: Linf radius.
        threshold: where pixels become black or white.
        num_steps: gradients per round of PGD (by BPDA, and from the bare classifier) and twice that
            for PixelFlips, which stops where it is stuck.
        num_restarts: rounds of each of them.
        num_queries: of Square.
        seed: seed of all random draws.
        role: "native", "transfer" or "".
        name: what reports call the classifier; by default its own name.

    Returns:
        (Target, Column): the pipeline, and PGD through BPDA on both losses, PixelFlips on the
        binary images that eps can reach, a transfer from the bare classifier, and Square.

    Raises:
        InputError: if the classifier gives no gradient.
    """
    if not classifier.has_gradient:
        raise InputError(
            f"classifier {classifier.name} gives no gradient, so the threshold before it cannot be "
            "attacked well; take a baseline of another classifier"
        )
    bare, name = classifier.logits_fn, name or classifier.name
    shared = {"eps": eps, "num_restarts": num_restarts, "seed": seed}
    steps = {"num_steps": num_steps, "step_size": 2.5 * eps / num_steps}
    attacks = [
        PGD(**shared, **steps),
        PGD(**shared, **steps, loss="margin"),
        PixelFlips(**shared, classifier=bare, threshold=threshold, num_steps=2 * num_steps),
        Transfer(PGD(**shared, **steps), source=bare, source_name=f"the bare {name}"),
        Square(eps=eps, seed=seed, num_queries=num_queries),
    ]
    target = Target(
        name,
        make_threshold_logits_fn(bare, threshold),
        role,
        defence=f"threshold at {threshold:g}",
        fingerprint=f"{threshold} {classifier.identity()}",
        resource=classifier.resource,
    )
    return target, Column("attacks made for a threshold", tuple(attacks))


def count_provably_robust(
    logits_fn, split, *, eps: float, threshold: float = 0.5, batch_size: int = 250
) -> int:
    """How many images the threshold protects whatever the attack: a lower bound for its row.

    Args:
        logits_fn: the pipeline of `threshold_baseline`.
        split: Split of images and labels.
        eps: Linf radius.
        threshold: that of the pipeline.
        batch_size: images per compiled call.

    Returns:
        The number of images that are classified correctly and have no pixel within eps of the
        threshold.
    """
    logits = compute_logits(logits_fn, split.images, batch_size)
    is_free = has_free_pixel(split.images, eps=eps, threshold=threshold)
    return int(np.sum((logits.argmax(axis=1) == split.labels) & ~is_free))


def train_denoiser(dataset, native, *, run_dir, eps=0.0, preset: str = "cpu", strategy=None):
    """Trains AAA's autoencoder for as many updates on uniform noise of eps and squared error alone.

    It is AAA's own training that never leaves its warm-up, with the same architecture, data, eps
    and schedule, so the adversary is all that is missing.

    Args:
        dataset: Dataset.
        native: FrozenClassifier with a gradient; it takes part in validation only.
        run_dir: run directory; an earlier run of the same configuration is continued.
        eps: of the noise; 0 for the preset's.
        preset: "paper", "cpu" or "smoke".
        strategy: tf.distribute.Strategy, or None.

    Returns:
        The trained autoencoder, which is also run_dir/autoencoder.keras.

    Raises:
        InputError, Interrupted, NonFiniteError: see `training.runs.train_autoencoder`.
    """
    values = fit_batch_size(preset_values(dataset.name, preset, "aaa", eps=eps), dataset)
    values |= {"dataset": dataset.name}
    config = make_denoiser_config(values, native.name)
    return train_autoencoder(dataset, [native], config, run_dir=run_dir, strategy=strategy)


def make_denoiser_config(values: dict, native: str) -> AAAConfig:
    """AAA's configuration without its adversary.

    Args:
        values: fields of AAA's training.
        native: name of the classifier that takes part in validation.
    """
    changes = {"native": (native,), "loss": "mse", "ramp_steps": 0}
    return AAAConfig(**values | changes | {"warmup_steps": values["train_steps"]})


def make_baselines(classifier, dataset, config, *, denoiser_dir, preset, log, **named) -> list:
    """Both baselines as targets, the denoiser trained where it is missing.

    Args:
        classifier: FrozenClassifier with a gradient.
        dataset: Dataset of images in [0, 1].
        config: EvalConfig with an Linf threat model.
        denoiser_dir: run directory of the denoiser's training.
        preset: of that training.
        log: called with lines of progress.
        named: `role` and `name` of the rows, as for `make_defended_target`.

    Returns:
        List of (Target, extra Columns of it).

    Raises:
        InputError: an L2 threat model, or a classifier without gradient.
    """
    if config.norm != "Linf":
        raise InputError("the baselines are for Linf; leave --baselines or --norm=L2 out")
    target, column = threshold_baseline(
        classifier,
        eps=config.eps,
        num_steps=config.num_steps,
        num_restarts=config.num_restarts,
        seed=config.seed,
        **named,
    )
    count = count_provably_robust(
        target.logits_fn, dataset.test.first(config.num_examples), eps=config.eps
    )
    log(f"{target.label}: {count} images have no pixel that eps can flip, so they are robust")
    log(f"training a denoising autoencoder without attack: {denoiser_dir}")
    denoiser = train_denoiser(
        dataset, classifier, run_dir=denoiser_dir, eps=config.eps, preset=preset
    )
    denoised = make_defended_target(classifier, denoiser, defence="denoising autoencoder", **named)
    return [(target, (column,)), (denoised, ())]
