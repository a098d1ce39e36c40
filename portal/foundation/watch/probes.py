"""What can be not well, and who finds out: apps register probes, each a few cheap queries."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError

from portal.foundation.registry import Registry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not well: a lasting name, and a sentence for people that says what it means. `loud` ones stand on every page."""

    key: str
    words: str
    loud: bool = True


Probe = Callable[[datetime], Iterable[Trouble]]
probes: Registry[Probe] = Registry("probe of the watch")


def troubles(now: datetime) -> list[Trouble]:
    """Everything that is not well, in the order of registration. A probe that breaks is itself a trouble; the others go on.

    Raises the database's own errors: without it nothing can be said.
    """
    found: list[Trouble] = []
    for name, probe in probes:
        try:
            found += probe(now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("The probe '%s' failed.", name)
            found.append(Trouble(f"probe {name}", f"Whether the {name} is well cannot be told; see the log."))
    return found


def is_silent(last: datetime | None, now: datetime, after: timedelta) -> bool:
    """Whether the last sign is older than `after`, or from a time to come: then the clock was set back, and nothing has moved since."""
    return last is None or abs(now - last) > after
