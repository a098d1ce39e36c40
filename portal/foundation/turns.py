"""Changes over the web one after the other where the database has one writer.

SQLite's waiting writers ask for its lock now and then, and whoever asks at the right moment has it: of nine that wait, one may wait for ever. So
the threads of a web process wait in a row before they ask. They share one Python anyway, and lose nothing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.http import HttpRequest, HttpResponse

from . import patience

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# A change that waits for somebody outside must not keep the others for long: after this they go past.
LONGEST_WAIT_SECONDS = 5.0


class Row:
    """Who came first goes first."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        # How many turns ended because somebody else, such as the engine or another program, kept the database locked.
        self.in_vain = 0

    @contextmanager
    def turn(self, longest: float) -> Iterator[None]:
        """Waits for its turn, `longest` seconds at most, then goes past."""
        mine = self._stand()
        if mine and not mine.wait(longest) and not self._leave(mine):
            yield
            return
        try:
            yield
        finally:
            self._next()

    def _stand(self) -> threading.Event | None:
        """The gate that opens when it is one's turn; None when it is already."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return None
            gate = threading.Event()
            self._waiting.append(gate)
            return gate

    def _leave(self, gate: threading.Event) -> bool:
        """Out of the row without a turn; True when the turn came at the last moment."""
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
            return True

    def _next(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


row = Row()


class TurnsMiddleware:
    """Stands close to the view, so that what is read before a change does not keep others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE or connection.vendor != "sqlite":
            return self.get_response(request)
        came, in_vain = time.monotonic(), row.in_vain
        with row.turn(LONGEST_WAIT_SECONDS):
            if row.in_vain != in_vain:
                # Whoever stood behind one that waited in vain has waited for the same lock.
                patience.shorten(patience.ANSWER_MS - round((time.monotonic() - came) * 1_000))
            response = self.get_response(request)
            row.in_vain += patience.is_spent()
            return response
