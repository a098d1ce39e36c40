"""The threads beside the sealer that show its checkpoints around: one for each anchor, so that one that hangs holds up nobody."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from random import SystemRandom

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from audit.sealing.folder import folder
from portal.foundation.errors import WrongState
from portal.foundation.request_context import origin

from .anchor import Anchor, AnchorFailed
from .configured import anchors, problems
from .known import every
from .models import AnchorReceipt
from .reaching import reach
from .services import failed, show_newest

logger = logging.getLogger("sealer")
# Another sealer may have signed; this one is told of its own.
LOOK_SECONDS = 5.0
# How often it is asked for whether an anchor is there that nothing was shown to.
REACH_SECONDS = 25.0
# One that restarts is back within the first two; what has failed twice is said to fail, well within a minute even where each try hangs.
# The longest wait keeps what an anchor missed from waiting for more than a minute once it is back.
WAITS_SECONDS = (2.0, 5.0, 10.0, 20.0, 30.0)
TOLD_AFTER_TRIES = 2
JITTER = 0.2
LOCK = "anchoring"
_dice = SystemRandom()


class Anchoring:
    """Begins with `start`, hears of new checkpoints by `wake`, ends with `end`. Of several sealers on a machine one does this."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._ended = threading.Event()
        self._lines = [_Line(anchor, clock, self._ended) for anchor in anchors()]
        self._lock = _Lock()

    def start(self) -> None:
        for words in problems():
            logger.error("LEDGER_ANCHORS: %s", words)
        for line in self._lines:
            threading.Thread(target=line.run, args=(self._lock.is_mine,), name=f"anchor {line.anchor.name}", daemon=True).start()

    def wake(self) -> None:
        """There is a new checkpoint. Costs nothing to speak of."""
        for line in self._lines:
            line.woken.set()

    def end(self) -> None:
        """Lets go at once; what is under way is lost with the process and done again by the next one."""
        self._ended.set()
        self.wake()


class _Line:
    """The work of one thread: look, show, rest."""

    def __init__(self, anchor: Anchor, clock: Callable[[], datetime], ended: threading.Event) -> None:
        self.anchor, self.clock, self.ended = anchor, clock, ended
        self.woken = threading.Event()
        self.tries = 0
        # Whether it rests its time whatever is new: something was shown just now, or failed.
        self.patient = False
        # When it was last there, by the monotonic clock.
        self.met_at = time.monotonic()

    def run(self, is_mine: Callable[[], bool]) -> None:
        with origin("sealer"):
            while not self.ended.is_set():
                self.woken.clear()
                self.patient = False
                wait = self.turn() if is_mine() else LOOK_SECONDS
                (self.ended if self.patient else self.woken).wait(wait)
        connections.close_all()

    def turn(self) -> float:
        """One try; how many seconds to rest."""
        try:
            close_old_connections()
            return self._try()
        except (OperationalError, InterfaceError):
            # The sealer says that the database is away.
            connections.close_all()
        except Exception:
            logger.exception("What came of showing a checkpoint to '%s' could not be written down.", self.anchor.name)
        return LOOK_SECONDS

    def _try(self) -> float:
        try:
            shown = self._show()
        except AnchorFailed as error:
            return self._after(error)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Showing a checkpoint to '%s' broke.", self.anchor.name)
            return self._after(AnchorFailed(f"{self.anchor.name}: showing it a checkpoint broke; see the sealer's log."))
        self.tries, self.patient = 0, shown is not None
        return min(every(self.anchor).total_seconds(), REACH_SECONDS) if shown else LOOK_SECONDS

    def _show(self) -> AnchorReceipt | None:
        shown = show_newest(self.anchor, now=self.clock())
        if shown is None and time.monotonic() - self.met_at >= REACH_SECONDS:
            reach(self.anchor)
            self.met_at = time.monotonic()
        elif shown:
            self.met_at = time.monotonic()
        return shown

    def _after(self, error: AnchorFailed) -> float:
        self.tries, self.patient = self.tries + 1, True
        if self.tries >= TOLD_AFTER_TRIES and failed(self.anchor, error, now=self.clock()):
            logger.error("An anchor fails: %s", error.message)
        wait = WAITS_SECONDS[min(self.tries, len(WAITS_SECONDS)) - 1]
        return wait * _dice.uniform(1 - JITTER, 1 + JITTER)


class _Lock:
    """Held by one process of those that share the folder of the keys, until it ends."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._descriptor: int | None = None

    def is_mine(self) -> bool:
        with self._guard:
            if self._descriptor is None:
                self._descriptor = _locked()
            return self._descriptor is not None


def _locked() -> int | None:
    try:
        descriptor = os.open(folder() / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except (OSError, WrongState):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
