"""The loop: drives one compiled step under any strategy, with Keras' callbacks around it.

`fit` cannot resume inside an epoch and cannot run a custom step on several machines; this loop
does what it does otherwise: progress bar, schedule, CSV, TensorBoard come from Keras through
`CallbackList`. A run is a function of its configuration: stop it anywhere, start it again, and it
goes on from its last checkpoint as if nothing had happened.
"""

import contextlib
import csv
import pathlib
import signal
import sys
import threading
import time

import keras
import tensorflow as tf

from aaa_tf.data import make_training_batches
from aaa_tf.errors import Interrupted
from aaa_tf.training import metrics as metrics_module
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.overfitting import OverfittingGuard


def build_optimizer(config) -> keras.Optimizer:
    """Adam with the configured schedule, and with averaging of weights if ema_momentum is set."""
    learning_rate = config.learning_rate
    if config.learning_rate_schedule == "piecewise":
        learning_rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [int(0.6 * config.train_steps), int(0.85 * config.train_steps)],
            [config.learning_rate, config.learning_rate / 3, config.learning_rate / 10],
        )
    return keras.optimizers.Adam(
        learning_rate,
        use_ema=config.ema_momentum > 0,
        ema_momentum=config.ema_momentum or None,
    )


def compile_step(step_fn, strategy):
    """`step_fn` on every replica, compiled once; its scalars summed over replicas.

    The parts of a batch are tensors, and `step` a scalar tensor, so that nothing traces twice.
    XLA stays off: on a CPU it is slower (FACTS: about 1.7 times).
    """

    @tf.function(jit_compile=False)
    def compiled_step(batch, step):
        per_replica = strategy.run(step_fn, args=(*batch, step))
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)
            for name, value in per_replica.items()
        }

    return compiled_step


def run_training(
    step_fns,
    choose_step=lambda step: 0,
    *,
    model,
    optimizer,
    split,
    config,
    run_dir,
    strategy,
    validate,
    attack_state=None,
):
    """Runs or goes on with a training until config.train_steps updates are done.

    Args:
        step_fns: from `make_aaa_step`, one for each native, or [`make_classifier_step`].
        choose_step: number of the update -> which of them it uses.
        model: the Keras model that it trains.
        optimizer: its optimizer, built.
        split: training examples.
        config: LoopConfig.
        run_dir: run directory, open.
        strategy: tf.distribute.Strategy under whose scope model and optimizer were made.
        validate: () -> dict of floats, among them "val_loss"; called after each epoch.
        attack_state: AttackState of the step functions, kept in checkpoints and watched by the
            guard against overfitting (`validate` then gives "val_robust_accuracy" too); or None.

    Raises:
        Interrupted: on SIGTERM or SIGINT, after the current update, once a checkpoint is written.
        NonFiniteError: on NaN or infinity; the last good checkpoint stays.
    """
    run_dir = pathlib.Path(run_dir)
    steps_per_epoch = config.steps_per_epoch or len(split) // config.batch_size or 1
    with strategy.scope():
        callbacks, plateau = _build_callbacks(
            model, optimizer, config, run_dir, steps_per_epoch, attack_state
        )
    kept = {"attack": attack_state} if attack_state else {}
    store = CheckpointStore(run_dir / "checkpoints", model=model, optimizer=optimizer, **kept)
    progress = store.restore() or _first_progress()
    first_step, seconds_before, started = progress["step"], progress["seconds"], time.monotonic()
    if first_step >= config.train_steps:
        return
    batches = make_training_batches(
        split,
        batch_size=config.batch_size,
        seed=config.seed,
        start_step=first_step,
        end_step=config.train_steps,
        replays=config.free_replays,
    )
    _trim_csv(run_dir / "metrics.csv", first_step // steps_per_epoch)
    callbacks.on_train_begin()
    vars(plateau).update(progress["plateau"])
    compiled_steps = [compile_step(step_fn, strategy) for step_fn in step_fns]
    try:
        with _catch_signals() as stop:
            for batch in strategy.experimental_distribute_dataset(batches):
                step = progress["step"]
                if step % steps_per_epoch == 0 or step == first_step:
                    callbacks.on_epoch_begin(step // steps_per_epoch)
                values = compiled_steps[choose_step(step)](batch, tf.constant(step, tf.int64))
                values = {name: float(value) for name, value in values.items()}
                values = metrics_module.pop_non_finite(values, step)
                _finish_update(progress, values, callbacks, validate, config, steps_per_epoch)
                progress["plateau"] = _plateau_state(plateau)
                progress["seconds"] = seconds_before + time.monotonic() - started
                _save_if_due(store, progress, config, stop)
    finally:
        callbacks.on_train_end()


def _first_progress():
    return {"step": 0, "seconds": 0.0, "num_gradients": 0, "sums": {}, "plateau": {}}


def _save_if_due(store, progress, config, stop):
    """Writes a checkpoint when it is time, at the end, and when told to stop."""
    step = progress["step"]
    is_last = step == config.train_steps
    if step % config.checkpoint_every == 0 or is_last or stop.requested:
        store.save(progress)
    if stop.requested and not is_last:
        raise Interrupted(
            f"stopped after update {step} of {config.train_steps}, checkpoint written; "
            "the same command goes on from there"
        )


def _finish_update(progress, values, callbacks, validate, config, steps_per_epoch):
    """Counts the update, shows it, and closes the epoch if this was its last."""
    step = progress["step"]
    progress["step"] = step + 1
    progress["num_gradients"] += int(values.pop("num_gradients"))
    sums, position = progress["sums"], step % steps_per_epoch
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value
    means = {name: total / (position + 1) for name, total in sums.items()}
    callbacks.on_train_batch_end(position, means)
    if position + 1 == steps_per_epoch or step + 1 == config.train_steps:
        cost = {"num_gradients": progress["num_gradients"]}
        callbacks.on_epoch_end(step // steps_per_epoch, means | cost | validate())
        progress["sums"] = {}


def _build_callbacks(model, optimizer, config, run_dir, steps_per_epoch, attack_state):
    """The guard and Keras' callbacks, and the plateau whose state a checkpoint must keep."""
    model.compile(optimizer=optimizer, jit_compile=False)
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss", factor=0.1, patience=config.plateau_patience
    )
    members = [
        keras.callbacks.CSVLogger(run_dir / "metrics.csv", append=True),
        keras.callbacks.TensorBoard(run_dir / "tensorboard", write_graph=False),
    ]
    if config.learning_rate_schedule == "plateau":
        members.insert(0, plateau)
    if attack_state:
        members.insert(0, OverfittingGuard(attack_state, config))
    callbacks = keras.callbacks.CallbackList(
        members,
        add_progbar=True,
        model=model,
        steps=steps_per_epoch,
        verbose=1 if sys.stdout.isatty() else 2,
        epochs=-(-config.train_steps // steps_per_epoch),
    )
    return callbacks, plateau


def _plateau_state(plateau):
    return {name: getattr(plateau, name) for name in ("wait", "best", "cooldown_counter")}


def _trim_csv(path, epoch):
    """Removes the lines of `epoch` and later, which the resumed run will write again."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    kept = [row for row in rows if row and int(row[0]) < epoch]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *kept] if kept else [])


class _Stop:
    requested = False


@contextlib.contextmanager
def _catch_signals():
    """SIGTERM and SIGINT set a flag instead of killing an update half-way."""
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may set handlers
        return

    def request(signum, frame):
        del signum, frame
        stop.requested = True

    previous = {
        number: signal.signal(number, request) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
