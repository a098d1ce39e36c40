"""What every page says while something is not well: found out at most every few seconds in each process."""

import logging
import threading
import time
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError

from .probes import Trouble, troubles

logger = logging.getLogger(__name__)
KEPT_SECONDS = 5.0


class Board:
    """The troubles of now, kept for a few seconds. Says each in the log once while it lasts: the web may be all that is left alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._troubles: list[Trouble] = []

    def loud(self, now: datetime) -> list[Trouble]:
        """Those that everybody has to know of; empty where the banner is switched off."""
        if not settings.ALARM_BANNER:
            return []
        # Whoever comes while another asks reads what is known.
        if time.monotonic() >= self._until and self._lock.acquire(blocking=False):
            try:
                self._ask(now)
            finally:
                self._lock.release()
        return [trouble for trouble in self._troubles if trouble.loud]

    def _ask(self, now: datetime) -> None:
        self._until = time.monotonic() + KEPT_SECONDS
        known = {trouble.key for trouble in self._troubles}
        try:
            self._troubles = troubles(now)
        except DatabaseError:
            return
        for trouble in self._troubles:
            if trouble.key not in known:
                logger.critical("%s", trouble.words)


board = Board()
