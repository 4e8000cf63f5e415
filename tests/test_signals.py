import dataclasses
import os
import signal
import threading

import pytest

from aaa_tf.errors import Interrupted
from aaa_tf.training import signals
from aaa_tf.training.checkpoints import CheckpointStore
from tests.tiny_training import Training


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("train_steps", [6, 3])
def test_a_signal_finishes_the_update_and_saves(tiny_config, tmp_path, number, train_steps):
    """Also the last update, after which hours of evaluation may follow."""
    config = dataclasses.replace(tiny_config, checkpoint_every=100, train_steps=train_steps)
    training = Training(config, tmp_path)
    handler = signal.getsignal(number)

    def send(epoch):
        os.kill(os.getpid(), number)  # while the first epoch's last update is being finished
        return 1.0

    with pytest.raises(Interrupted, match=f"stopped after update 3 of {train_steps}"):
        training.run(val_loss=send)
    assert signal.getsignal(number) is handler
    store = CheckpointStore(tmp_path / "checkpoints")
    assert store.read_progress()["step"] == 3
    Training(config, tmp_path).run()
    assert store.read_progress()["step"] == train_steps


def test_handlers_are_those_of_before_once_it_ends_and_no_other_threads_business():
    before = signal.getsignal(signal.SIGTERM)
    with signals.catch_signals() as stop:
        assert signal.getsignal(signal.SIGTERM) is not before
        assert not stop.requested
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested
    assert signal.getsignal(signal.SIGTERM) is before

    def note_handler():
        with signals.catch_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    found = []
    thread = threading.Thread(target=note_handler)
    thread.start()
    thread.join()
    assert found == [before]
