"""A long-lived process' turn at watching the others."""

import time
from datetime import datetime

from .services import look

EVERY_SECONDS = 10.0
# When everything is started at once, the others need this long before their silence means anything.
FIRST_AFTER_SECONDS = 45.0


class Lookout:
    """Looks every ten seconds, for the first time some while after the process has started. `by` names the process."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._next = time.monotonic() + FIRST_AFTER_SECONDS

    def look(self, now: datetime) -> None:
        """Cheap to call with every round. Raises the database's own errors."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            look(by=self._by, now=now)
