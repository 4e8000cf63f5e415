"""A whole training from data to a saved model: `train_autoencoder` and `train_classifier`."""

import functools
import pathlib

import keras

from aaa_tf.models import autoencoders, classifiers, precision
from aaa_tf.models.defended import make_defended_logits_fn, require_same_shape
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.training import loop, validation
from aaa_tf.training.aaa import draw_native, make_aaa_step
from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.classifier import make_classifier_step
from aaa_tf.training.distribution import build_strategy
from aaa_tf.training.run_directory import open_run


def train_autoencoder(dataset, natives, config, *, run_dir, strategy=None) -> keras.Model:
    """Trains an autoencoder that protects frozen natives, or goes on with a run.

    Args:
        dataset: Dataset.
        natives: list of FrozenClassifier in float32; they are not changed, which is checked.
        config: AAAConfig; its `native` names the natives in the same order.
        run_dir: run directory; an earlier run of the same configuration is continued.
        strategy: tf.distribute.Strategy; None for all GPUs, or the one device.

    Returns:
        The trained autoencoder in float32 (the averaged weights if ema_momentum is set), which is
        also run_dir/autoencoder.keras.

    Raises:
        InputError: if natives or data do not fit, or the directory holds another run.
        Interrupted, NonFiniteError: see `loop.run_training`.

    Reference: Vaishnavi et al. 2020, equation 3.
    """
    for native in natives:
        native.require_fits(dataset)
    fingerprints = [native.fingerprint() for native in natives]
    strategy = strategy or build_strategy()
    with strategy.scope():
        initial = _initial_autoencoder(dataset, config)
        run_dir = open_run(run_dir, config)
        arithmetic = precision.resolve_precision(config.precision)
        autoencoder = precision.copy_with_precision(initial, arithmetic)
        evaluated = precision.copy_with_precision(initial, "float32")
        optimizer = loop.build_optimizer(config)
        optimizer.build(autoencoder.trainable_variables)
        natives_in_training = [_copy_native(native, arithmetic) for native in natives]
        attack_state = AttackState(config, dataset.image_shape)
        step_fns = [
            make_aaa_step(autoencoder, native, optimizer, config, attack_state)
            for native in natives_in_training
        ]
    validate = _make_validate(
        dataset,
        config,
        autoencoder,
        evaluated,
        optimizer,
        validation.make_aaa_objective(evaluated, config),
        [make_defended_logits_fn(evaluated, native.logits_fn) for native in natives],
    )
    loop.run_training(
        step_fns,
        functools.partial(draw_native, config=config),
        model=autoencoder,
        optimizer=optimizer,
        split=dataset.train,
        config=config,
        run_dir=run_dir,
        strategy=strategy,
        validate=validate,
        attack_state=attack_state,
    )
    for native, copy, before in zip(natives, natives_in_training, fingerprints, strict=True):
        if not native.fingerprint() == copy.fingerprint() == before:
            raise AssertionError(f"the weights of native {native.name} changed in training")
    return _finish(autoencoder, evaluated, optimizer, run_dir / "autoencoder.keras")


def train_classifier(dataset, config, *, run_dir, strategy=None) -> keras.Model:
    """Trains a classifier of the paper, naturally or adversarially, or goes on with a run.

    Args:
        dataset: Dataset.
        config: ClassifierConfig.
        run_dir: run directory; an earlier run of the same configuration is continued.
        strategy: tf.distribute.Strategy; None for all GPUs, or the one device.

    Returns:
        The trained classifier in float32, which is also run_dir/classifier.keras.

    Raises:
        InputError, Interrupted, NonFiniteError: as `train_autoencoder`.
    """
    strategy = strategy or build_strategy()
    with strategy.scope():
        initial = classifiers.build_classifier(
            config.model,
            image_shape=dataset.image_shape,
            num_classes=dataset.num_classes,
            seed=config.seed,
        )
        run_dir = open_run(run_dir, config)
        arithmetic = precision.resolve_precision(config.precision)
        model = precision.copy_with_precision(initial, arithmetic)
        evaluated = precision.copy_with_precision(initial, "float32")
        optimizer = loop.build_optimizer(config)
        optimizer.build(model.trainable_variables)
        attack_state = AttackState(config, dataset.image_shape)
        step_fn = make_classifier_step(model, optimizer, config, attack_state)
    logits_fn = freeze_keras(config.model, evaluated).logits_fn
    validate = _make_validate(
        dataset, config, model, evaluated, optimizer, validation.classifier_objective, [logits_fn]
    )
    loop.run_training(
        [step_fn],
        model=model,
        optimizer=optimizer,
        split=dataset.train,
        config=config,
        run_dir=run_dir,
        strategy=strategy,
        validate=validate,
        attack_state=attack_state,
    )
    return _finish(model, evaluated, optimizer, run_dir / "classifier.keras")


def _initial_autoencoder(dataset, config):
    if not config.init_autoencoder:
        return autoencoders.build_autoencoder(
            config.autoencoder, image_shape=dataset.image_shape, seed=config.seed
        )
    autoencoder = load_autoencoder(config.init_autoencoder)
    require_same_shape(autoencoder, dataset.image_shape)
    return autoencoder


def _copy_native(native, arithmetic):
    """The native as training computes it, with variables where the strategy wants them."""
    return native.copy_in_precision(arithmetic) if native.copy_in_precision else native


def _make_validate(dataset, config, model, evaluated, optimizer, objective_fn, pipelines):
    validate = validation.make_validation(dataset.validation, objective_fn, pipelines, config)

    def copy_and_validate():
        copy_weights(model, evaluated, optimizer)
        return validate()

    return copy_and_validate


def copy_weights(model, evaluated, optimizer):
    """Copies `model`'s weights, or their moving average if the optimizer keeps one."""
    evaluated.set_weights(model.get_weights())
    # Does nothing unless the optimizer averages weights; the list it takes is positional.
    optimizer.finalize_variable_values(evaluated.trainable_variables)


def _finish(model, evaluated, optimizer, path):
    copy_weights(model, evaluated, optimizer)
    partial = path.with_name(f".partial.{path.name}")
    evaluated.save(partial)
    partial.replace(path)
    return evaluated


def summarize_training(run_dir) -> dict:
    """What a training cost: updates, seconds, and example gradients computed.

    The gradients were counted update by update, so fall-backs of the guard are in. An update
    without attack computes one per example, an attacked one num_steps more (with free replay one
    less, as its last serves twice), TRADES another one for the clean images. Validation and passes
    without a gradient do not count.
    """
    progress = CheckpointStore(pathlib.Path(run_dir) / "checkpoints").read_progress()
    return {
        "train_steps": progress["step"],
        "seconds": progress["seconds"],
        "num_gradient_evaluations": progress["num_gradients"],
    }
