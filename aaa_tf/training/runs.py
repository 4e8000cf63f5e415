"""A whole training from data to a saved model: `train_autoencoder` and `train_classifier`."""

import contextlib
import dataclasses
import functools
import pathlib

import keras
import tensorflow as tf

from aaa_tf import workers
from aaa_tf.data.augmentation import Augmentation
from aaa_tf.data.batching import require_sizes
from aaa_tf.models import classifiers, precision
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import fingerprint, freeze_keras, hash_layers
from aaa_tf.training import loop, placement, validation
from aaa_tf.training.aaa import draw_native, make_aaa_step
from aaa_tf.training.attack_state import AttackState
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.classifier import make_classifier_step
from aaa_tf.training.distribution import build_local_strategy
from aaa_tf.training.inputs import (
    identify_objective,
    initial_autoencoder,
    require_natives,
    require_objective,
)
from aaa_tf.training.run_directory import hold_run, open_run, read_arithmetic


def train_autoencoder(
    dataset, natives, config, *, run_dir, autoencoder=None, strategy=None
) -> keras.Model:
    """Trains an autoencoder that protects frozen natives, or goes on with a run.

    Args:
        dataset: Dataset.
        natives: list of FrozenClassifier in float32; they are not changed, which is checked.
        config: AAAConfig; its `native` names the natives in the same order.
        run_dir: run directory; an earlier run of the same configuration is continued.
        autoencoder: Keras model of one's own to start from, images in [0, 1] to images of the same
            shape, which is not changed; None for the architecture or file that `config` names.
        strategy: tf.distribute.Strategy; None for all GPUs of this machine, or the one device.

    Returns:
        The trained autoencoder in float32 (the averaged weights if ema_momentum is set), which is
        also run_dir/autoencoder.keras.

    Raises:
        InputError: if natives or data do not fit, or the directory holds another run or is at work.
        Interrupted, NonFiniteError, WorkerLostError: see `loop.run_training`.

    Reference: Vaishnavi et al. 2020, equation 3.
    """
    require_natives(natives, dataset, config)
    before = [native.fingerprint() for native in natives]
    initial = initial_autoencoder(dataset, config, autoencoder)
    require_objective(config, initial, natives[0])
    inputs = _identify(natives, initial, config, is_own=autoencoder is not None)
    if autoencoder is not None:
        config = dataclasses.replace(config, autoencoder="one of the user's own")
    run = _open(initial, dataset, config, run_dir, strategy, inputs)
    with _held(run):
        with run.strategy.scope():
            in_training = [
                placement.copy_native(native, run.arithmetic, dataset.image_shape)
                for native in natives
            ]
            in_validation = [placement.spread_native(native, run.strategy) for native in natives]
            step_fns = [
                make_aaa_step(run.model, native, run.optimizer, config, run.attack_state)
                for native in in_training
            ]
        _train(
            run,
            dataset,
            config,
            step_fns,
            choose_step=functools.partial(draw_native, config=config),
            objective_fn=validation.make_aaa_objective(run.evaluated, config),
            pipelines=[
                make_defended_logits_fn(run.evaluated, native.logits_fn) for native in in_validation
            ],
        )
        for native, copy, old in zip(natives, in_training, before, strict=True):
            if not native.fingerprint() == copy.fingerprint() == old:
                raise AssertionError(f"the weights of native {native.name} changed in training")
        return _finish(run, "autoencoder.keras")


def _identify(natives, initial, config, *, is_own):
    """What else than its configuration tells a training from another -> its hash."""
    inputs = {"natives": [native.identity() for native in natives]}
    if callable(config.loss):
        shape = initial.input_shape[1:], natives[0].num_classes
        inputs |= {"loss": identify_objective(config, *shape)}
    if config.init_autoencoder or is_own:
        inputs |= {"weights to start from": fingerprint(initial.weights)}
    return inputs | ({"autoencoder": hash_layers(initial)} if is_own else {})


def train_classifier(dataset, config, *, run_dir, strategy=None) -> keras.Model:
    """Trains a classifier of the paper, naturally or adversarially, or goes on with a run.

    Args:
        dataset: Dataset.
        config: ClassifierConfig.
        run_dir: run directory; an earlier run of the same configuration is continued.
        strategy: tf.distribute.Strategy; None for all GPUs of this machine, or the one device.

    Returns:
        The trained classifier in float32, which is also run_dir/classifier.keras.

    Raises:
        InputError, Interrupted, NonFiniteError, WorkerLostError: as `train_autoencoder`.
    """
    initial = classifiers.build_classifier(
        config.model,
        image_shape=dataset.image_shape,
        num_classes=dataset.num_classes,
        seed=config.seed,
    )
    run = _open(initial, dataset, config, run_dir, strategy, {})
    with _held(run):
        _train(
            run,
            dataset,
            config,
            [make_classifier_step(run.model, run.optimizer, config, run.attack_state)],
            choose_step=lambda step: 0,
            objective_fn=validation.make_classifier_objective(config),
            pipelines=[freeze_keras(config.model, run.evaluated).logits_fn],
        )
        return _finish(run, "classifier.keras")


@dataclasses.dataclass(frozen=True)
class _OpenRun:
    """A run directory and what is trained in it, on every device of the strategy.

    `model` computes in the arithmetic of the training; `evaluated` is its copy in float32.
    """

    run_dir: pathlib.Path
    strategy: tf.distribute.Strategy
    arithmetic: str
    model: keras.Model
    evaluated: keras.Model
    optimizer: keras.Optimizer
    attack_state: AttackState


def _open(initial, dataset, config, run_dir, strategy, inputs) -> _OpenRun:
    """Opens the run directory, which only the chief does, and copies the model to the devices."""
    inputs |= {"training images": dataset.train.fingerprint()}
    strategy, run_dir = strategy or build_local_strategy(), pathlib.Path(run_dir)
    # Before anything is written, which would keep the corrected command out of the folder.
    require_sizes(len(dataset.train), config.batch_size, strategy.num_replicas_in_sync)
    Augmentation(config.max_shift, config.random_flip).require_fits(dataset.image_shape)
    with workers.lost_ones_told(strategy), strategy.scope():
        arithmetic = precision.resolve_precision(config.precision)
        if workers.is_chief(strategy):
            open_run(run_dir, config, inputs, arithmetic)
        # The chief has opened the run before anybody reads it.
        workers.require_same(strategy, "training images, natives or hardware", [inputs, arithmetic])
        arithmetic = read_arithmetic(run_dir) or arithmetic
        model = precision.copy_with_precision(initial, arithmetic)
        placement.synchronize_batch_statistics(model, strategy)
        optimizer = loop.build_optimizer(config)
        optimizer.build(model.trainable_variables)
        evaluated = precision.copy_with_precision(initial, "float32")
        attack_state = AttackState(config, dataset.image_shape)
    return _OpenRun(run_dir, strategy, arithmetic, model, evaluated, optimizer, attack_state)


def _held(run):
    """Keeps other processes out of the run directory, which only the chief writes to."""
    is_chief = workers.is_chief(run.strategy)
    return hold_run(run.run_dir) if is_chief else contextlib.nullcontext()


def _train(run, dataset, config, step_fns, *, choose_step, objective_fn, pipelines):
    """Runs the loop, validating `evaluated` after each epoch."""
    measure = validation.make_validation(
        dataset.validation, objective_fn, pipelines, config, strategy=run.strategy
    )

    def validate():
        copy_weights(run.model, run.evaluated, run.optimizer)
        return measure()

    loop.run_training(
        step_fns,
        choose_step,
        model=run.model,
        optimizer=run.optimizer,
        split=dataset.train,
        config=config,
        run_dir=run.run_dir,
        strategy=run.strategy,
        validate=validate,
        attack_state=run.attack_state,
    )


def copy_weights(model, evaluated, optimizer):
    """Copies `model`'s weights, or their moving average if the optimizer keeps one."""
    evaluated.set_weights(model.get_weights())
    # Positions of what is trained, because `evaluated` may be frozen and would name none itself.
    pairs = zip(evaluated.weights, model.weights, strict=True)
    trained = [weight for weight, original in pairs if original.trainable]
    # Does nothing unless the optimizer averages weights.
    optimizer.finalize_variable_values(trained)


def _finish(run, file_name):
    """Writes the model in float32, and returns it as a model of one device."""
    with workers.lost_ones_told(run.strategy):
        copy_weights(run.model, run.evaluated, run.optimizer)
        trained = placement.take_from_devices(run.evaluated, run.strategy)
    trained.trainable = True  # validation froze a classifier
    if workers.is_chief(run.strategy):
        path = run.run_dir / file_name
        partial = path.with_name(f".partial.{path.name}")
        trained.save(partial)
        partial.replace(path)
    return trained


def summarize_training(run_dir) -> dict:
    """What a training cost: updates, seconds, example gradients computed, and attack steps.

    The gradients were counted update by update, so fall-backs of the guard are in. An update
    without attack computes one per example, an attacked one num_steps more (with free replay one
    less, as its last serves twice), TRADES another one for the clean images. Validation and passes
    without a gradient do not count. "last_num_steps" are the attack steps of the last update, the
    guard's among them; without it if the run is of before they were kept.
    """
    progress = CheckpointStore(pathlib.Path(run_dir) / "checkpoints").read_progress()
    last = {"last_num_steps": progress["num_steps"]} if "num_steps" in progress else {}
    return last | {
        "train_steps": progress["step"],
        "seconds": progress["seconds"],
        "num_gradient_evaluations": progress["num_gradients"],
    }
