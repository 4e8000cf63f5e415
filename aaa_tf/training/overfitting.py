"""The guard against catastrophic overfitting: an alarm, and more attack steps after it.

A training with a cheap attack can learn to defeat that attack alone: within an epoch robust
accuracy under a stronger attack falls, often to nothing, while accuracy under the training's own
attack jumps (Wong et al. 2020). The validation attack is stronger, so it shows. A
training that then goes on with more steps recovers (Li et al. 2020), so the guard doubles them.
It is a Keras callback that the loop puts before the writers of metrics, whose column num_steps
shows what it did. What it remembers is in `AttackState`.
"""

import keras


class OverfittingGuard(keras.callbacks.Callback):
    """Compares each epoch's accuracies with those of the epoch with the best robust validation."""

    def __init__(self, state, config, report=print):
        """`state`: AttackState; `config`: LoopConfig; `report`: called with the alarm, a line."""
        super().__init__()
        self._state, self._config, self._report = state, config, report

    def on_epoch_end(self, epoch, logs=None):
        """Needs num_steps, accuracy and val_robust_accuracy in `logs`; 0 steps are no attack."""
        drop = self._config.overfitting_drop
        if not drop or not logs["num_steps"]:
            return
        robust, accuracy = logs["val_robust_accuracy"], logs["accuracy"]
        best = self._state.best_robust_accuracy.numpy()
        accuracy_then = self._state.accuracy_at_best.numpy()
        is_overfitting = best - robust > drop and accuracy > accuracy_then
        if is_overfitting:
            self._report(
                f"epoch {epoch + 1}: catastrophic overfitting: robust validation accuracy fell "
                f"from {best:.1%} to {robust:.1%} while training accuracy rose from "
                f"{accuracy_then:.1%} to {accuracy:.1%}; {self._fall_back()}"
            )
        # An alarm starts a new count: otherwise every epoch of the recovery would raise it again.
        if robust >= best or is_overfitting:
            self._state.best_robust_accuracy.assign(robust)
            self._state.accuracy_at_best.assign(accuracy)

    def _fall_back(self):
        """Doubles the steps where that is allowed; says what was done, or what to do."""
        limit = self._config.validation_num_steps
        num_steps = int(self._state.num_steps(self._last_step(), self._config))
        if not self._config.overfitting_fallback:
            return "train again with more --num_steps, or with --overfitting_fallback"
        if 2 * num_steps > limit:
            return (
                f"the attack keeps its {num_steps} steps, because twice as many are more than the "
                f"validation's {limit}; lower --learning_rate, or raise --validation_num_steps"
            )
        self._state.num_doublings.assign_add(1)
        return f"the attack takes {2 * num_steps} steps instead of {num_steps} from now on"

    def _last_step(self):
        """Number of the update that was just made."""
        return int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)) - 1
