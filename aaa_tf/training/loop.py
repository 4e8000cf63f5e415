"""The loop: drives one compiled step under any strategy, with Keras' callbacks around it.

`fit` cannot resume inside an epoch and cannot run a custom step on several machines; this loop
does what it does otherwise: progress bar, schedule, CSV, TensorBoard come from Keras through
`CallbackList`. A run is a function of its configuration: stop it anywhere, start it again, and it
goes on from its last checkpoint as if nothing had happened, on as many devices as there are then.
Several workers run it in step; what one of them must know of another goes through `workers`.
"""

import pathlib
import time

import keras
import tensorflow as tf

from aaa_tf import workers
from aaa_tf.data.augmentation import Augmentation
from aaa_tf.errors import Interrupted
from aaa_tf.training import callbacks as callbacks_module
from aaa_tf.training import metrics as metrics_module
from aaa_tf.training.checkpoints import CheckpointStore
from aaa_tf.training.distribution import distribute_batches
from aaa_tf.training.signals import catch_signals


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
    XLA compiles none of it as a whole (on a CPU it is about 1.7 times slower); on a GPU it may fuse
    parts, see `distribution.enable_xla`.
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
        validate: () -> dict of floats, among them "val_loss"; called after each epoch. Of several
            workers, all call it and get the same.
        attack_state: AttackState of the step functions, kept in checkpoints and watched by the
            guard against overfitting (`validate` then gives "val_robust_accuracy" too); or None.

    Raises:
        Interrupted: on SIGTERM or SIGINT, after the current update, once a checkpoint is written.
        NonFiniteError: on NaN or infinity; the last good checkpoint stays.
        WorkerLostError: if another worker of a distributed run is lost.
    """
    is_chief = workers.is_chief(strategy)
    kept = {"model": model, "optimizer": optimizer}
    if attack_state:
        kept["attack"] = attack_state
    store = CheckpointStore(pathlib.Path(run_dir) / "checkpoints", is_chief=is_chief, **kept)
    progress = store.restore() or _first_progress()
    with workers.lost_ones_told(strategy):
        facts = [config, len(split), progress["step"]]
        workers.require_same(strategy, "flags, data or checkpoint", facts)
        if progress["step"] < config.train_steps:
            run = _Run(
                model, optimizer, split, config, run_dir, strategy, validate, store, attack_state
            )
            run.go(progress, step_fns, choose_step)
            # The chief has written its last checkpoint before anybody reads it.
            workers.require_same(strategy, "the last update", progress["step"])


def _first_progress():
    counts = {"step": 0, "seconds": 0.0, "num_gradients": 0, "num_steps": 0}
    return counts | {"sums": {}, "plateau": {}}


class _Run:
    """From a checkpoint (or none) to the end of the training, or to where it is stopped."""

    def __init__(
        self, model, optimizer, split, config, run_dir, strategy, validate, store, attack_state
    ):
        self._split, self._config, self._strategy = split, config, strategy
        self._validate, self._store = validate, store
        self._run_dir, self._is_chief = pathlib.Path(run_dir), workers.is_chief(strategy)
        self._steps_per_epoch = config.steps_per_epoch or len(split) // config.batch_size or 1
        self._any = workers.make_any(strategy)
        with strategy.scope():
            model.compile(optimizer=optimizer, jit_compile=False)
            self._callbacks, self._plateau = callbacks_module.build_callbacks(
                model,
                config,
                self._run_dir,
                self._steps_per_epoch,
                is_chief=self._is_chief,
                attack_state=attack_state,
            )

    def go(self, progress, step_fns, choose_step):
        """All updates that are left; `progress` is kept up to date in place."""
        first_step, started = progress["step"], time.monotonic() - progress["seconds"]
        if self._is_chief:
            csv_path = self._run_dir / "metrics.csv"
            callbacks_module.trim_csv(csv_path, first_step // self._steps_per_epoch)
        self._callbacks.on_train_begin()
        vars(self._plateau).update(progress["plateau"])
        compiled_steps = [compile_step(step_fn, self._strategy) for step_fn in step_fns]
        try:
            with catch_signals() as stop:
                for step, batch in self._batches(first_step):
                    if step % self._steps_per_epoch == 0 or step == first_step:
                        self._callbacks.on_epoch_begin(step // self._steps_per_epoch)
                    values = compiled_steps[choose_step(step)](batch, tf.constant(step, tf.int64))
                    values = {name: float(value) for name, value in values.items()}
                    self._finish_update(progress, metrics_module.pop_non_finite(values, step))
                    progress["plateau"] = callbacks_module.plateau_state(self._plateau)
                    progress["seconds"] = time.monotonic() - started
                    self._save_if_due(progress, self._any(stop.requested))
        finally:
            self._callbacks.on_train_end()

    def _batches(self, first_step):
        """Pairs of an update's number and its batch."""
        batches = distribute_batches(
            self._strategy,
            self._split,
            batch_size=self._config.batch_size,
            seed=self._config.seed,
            start_step=first_step,
            end_step=self._config.train_steps,
            replays=self._config.free_replays,
            augment=Augmentation(self._config.max_shift, self._config.random_flip),
        )
        return zip(range(first_step, self._config.train_steps), batches, strict=False)

    def _finish_update(self, progress, values):
        """Counts the update, shows it, and closes the epoch if this was its last."""
        step = progress["step"]
        progress["step"] = step + 1
        progress["num_gradients"] += int(values.pop("num_gradients"))
        progress["num_steps"] = round(values["num_steps"])
        sums, position = progress["sums"], step % self._steps_per_epoch
        for name, value in values.items():
            sums[name] = sums.get(name, 0.0) + value
        means = {name: total / (position + 1) for name, total in sums.items()}
        self._callbacks.on_train_batch_end(position, means)
        if position + 1 == self._steps_per_epoch or step + 1 == self._config.train_steps:
            cost = {"num_gradients": progress["num_gradients"]}
            self._callbacks.on_epoch_end(
                step // self._steps_per_epoch, means | cost | self._validate()
            )
            progress["sums"] = {}

    def _save_if_due(self, progress, is_stopped):
        """Writes a checkpoint when it is time, at the end, and when told to stop."""
        step, last_step = progress["step"], self._config.train_steps
        if step % self._config.checkpoint_every == 0 or step == last_step or is_stopped:
            self._store.save(progress)
        if is_stopped:
            raise Interrupted(
                f"stopped after update {step} of {last_step}, checkpoint written; "
                "the same command goes on from there"
            )
