"""How often the same person can make the same kind of event: a scan of the portal must not fill the trail."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Whoever makes up names by the thousand is counted together.
MOST_KEYS = 5_000


@dataclass(slots=True)
class _Window:
    since: datetime
    told: int = 0
    untold: int = 0


class Limit:
    """At most `most` events a `per` for each key, in each process; what comes on top is counted and told with the next one."""

    def __init__(self, most: int, per: timedelta = timedelta(minutes=1)) -> None:
        self._most = most
        self._per = per
        self._lock = threading.Lock()
        self._windows: dict[Hashable, _Window] = {}

    def untold_before(self, key: Hashable, now: datetime) -> int | None:
        """None when this one is to be counted only; else how many were counted only since the last one that was told."""
        with self._lock:
            if key not in self._windows and len(self._windows) >= MOST_KEYS:
                key = "all others"
            window = self._windows.setdefault(key, _Window(now))
            if abs(now - window.since) >= self._per:
                window.since, window.told = now, 0
            if window.told >= self._most:
                window.untold += 1
                return None
            window.told += 1
            untold, window.untold = window.untold, 0
            self._drop_old(now)
            return untold

    def _drop_old(self, now: datetime) -> None:
        if len(self._windows) > MOST_KEYS // 2:
            old = [key for key, window in self._windows.items() if not window.untold and abs(now - window.since) >= self._per]
            for key in old:
                del self._windows[key]

    def forget(self) -> None:
        self._windows.clear()
