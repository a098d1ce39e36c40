"""How a process is asked to stop: a wait that a signal ends."""

import ctypes
import signal
import threading
from contextlib import suppress
from typing import Any

_PR_SET_PDEATHSIG = 1


class Stop:
    """Set by a signal, waited for by the main thread. A threading.Event hangs for good when a signal sets it in the middle of that wait."""

    def __init__(self) -> None:
        self._asked = False
        self._gate = threading.Lock()
        self._gate.acquire()

    def on_signals(self) -> "Stop":
        """From now on SIGTERM and SIGINT set it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.set)
        return self

    def set(self, *received: Any) -> None:
        if not self._asked:
            self._asked = True
            self._gate.release()

    def is_set(self) -> bool:
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Rests for `seconds` or until it is set; whether it is set. For one thread."""
        if not self._asked and self._gate.acquire(timeout=max(0.0, seconds)):
            self._gate.release()
        return self._asked


def end_with_parent() -> None:
    """On Linux the kernel kills this process when its parent dies, so that nobody goes on alone, taking jobs."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
