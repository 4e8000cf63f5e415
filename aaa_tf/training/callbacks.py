"""Keras' callbacks around our loop: progress bar, CSV, TensorBoard, and the plateau of the rate.

Of several workers the chief alone shows and writes; the plateau acts on all, because each worker
sets the rate of its own optimizer, from validation results that are the same everywhere.
"""

import csv
import io
import sys

import keras

from aaa_tf import files
from aaa_tf.training.overfitting import OverfittingGuard

_PLATEAU_STATE = ("wait", "best", "cooldown_counter")


def build_callbacks(model, config, run_dir, steps_per_epoch, *, is_chief: bool, attack_state=None):
    """The callbacks, and the plateau among them whose state a checkpoint must keep.

    Args:
        model: compiled Keras model.
        config: LoopConfig.
        run_dir: run directory.
        steps_per_epoch: updates between validations.
        is_chief: whether this process shows progress and writes.
        attack_state: AttackState that the guard against overfitting watches; or None. The guard
            acts on every worker, so that all double their steps alike; the chief alone tells it.
    """
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss", factor=0.1, patience=config.plateau_patience, min_delta=0
    )
    members = [plateau] if config.learning_rate_schedule == "plateau" else []
    if attack_state:
        report = print if is_chief else _say_nothing
        members.insert(0, OverfittingGuard(attack_state, config, report))
    if is_chief:
        members += [
            keras.callbacks.CSVLogger(run_dir / "metrics.csv", append=True),
            keras.callbacks.TensorBoard(run_dir / "tensorboard", write_graph=False),
            ProgressBar(),
        ]
    callbacks = keras.callbacks.CallbackList(
        members,
        model=model,
        steps=steps_per_epoch,
        verbose=1 if sys.stdout.isatty() else 2,
        epochs=-(-config.train_steps // steps_per_epoch),
    )
    return callbacks, plateau


class ProgressBar(keras.callbacks.ProgbarLogger):
    """Keras' progress bar without what is for files: the cost so far, and an attack of 0 steps."""

    def on_train_batch_end(self, batch, logs=None):
        """Shows `logs` after an update."""
        super().on_train_batch_end(batch, _choose_shown(logs))

    def on_epoch_end(self, epoch, logs=None):
        """Shows `logs` after an epoch."""
        super().on_epoch_end(epoch, _choose_shown(logs))


def _choose_shown(logs):
    logs = dict(logs or {})
    logs.pop("num_gradients", None)
    if logs.get("num_steps") == 0:
        del logs["num_steps"]
    return logs


def _say_nothing(line):
    del line


def plateau_state(plateau) -> dict:
    """What `vars(plateau).update(...)` needs to go on, as JSON values."""
    return {name: getattr(plateau, name) for name in _PLATEAU_STATE}


def trim_csv(path, epoch: int) -> None:
    """Removes the lines of `epoch` and later, which the resumed run will write again.

    And what a loss of power has left of a line.
    """
    if not path.exists():
        return
    header, *rows = list(csv.reader(path.read_text().replace("\0", "").splitlines())) or [[]]
    whole = [row for row in rows if len(row) == len(header) and row[0].isdecimal()]
    kept = [row for row in whole if int(row[0]) < epoch]
    content = io.StringIO(newline="")
    csv.writer(content).writerows([header, *kept] if kept else [])
    files.write_text(path, content.getvalue())
