"""SIGTERM and SIGINT as a wish that is granted after the current update."""

import contextlib
import signal
import threading


class Stop:
    """Whether somebody wants the training to stop."""

    requested = False


@contextlib.contextmanager
def catch_signals():
    """Within it, SIGTERM and SIGINT set the Stop that it yields instead of killing the process."""
    stop = Stop()
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
