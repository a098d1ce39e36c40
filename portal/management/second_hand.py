"""A second process for the moment in which there is more than one can do; when there is not, it costs nothing.

A thread would share the one Python that decides: a fork has its own, and with it the machine's second core. It lives for as long as there is
something to do, mostly a second.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress

from django.db import connections

from .stopping import end_with_parent

logger = logging.getLogger(__name__)


class SecondHand:
    """Does `work` in a fork, one at a time. For a process that has no threads."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._child: int | None = None

    def lend(self) -> None:
        """Begins, unless the last one is still at it."""
        if self._is_busy():
            return
        try:
            self._child = os.fork()
        except OSError as error:
            # No memory or no room for a process: the first hand must not stop for that.
            logger.warning("There is no second hand to be had (%s); the first goes on.", error.strerror)
            return
        if self._child == 0:
            self._work_and_end()

    def join(self) -> None:
        """Waits until it has ended."""
        if self._is_busy() and self._child is not None:
            os.waitpid(self._child, 0)
            self._child = None

    def _is_busy(self) -> bool:
        if self._child is None:
            return False
        ended, _ = os.waitpid(self._child, os.WNOHANG)
        if ended:
            self._child = None
        return not ended

    def _work_and_end(self) -> None:
        """The child's whole life. Nothing of it may return into what the parent was in the middle of."""
        status = 1
        try:
            end_with_parent()
            # The parent's connection is in the middle of a transaction. It is left alone: psycopg closes only what its own process opened.
            for alias in connections:
                with suppress(AttributeError):
                    del connections[alias]
            self._work()
            status = 0
        except Exception:
            # The parent goes on alone, and says what is wrong if it is the database.
            logger.exception("The second hand failed; the first goes on.")
        finally:
            os._exit(status)
