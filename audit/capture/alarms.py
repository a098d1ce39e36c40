"""What the watch asks: was something changed past the portal lately, and are the database's witnesses and guards what they should be?"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from audit.ledger.models import LedgerEvent
from portal.foundation import database_guards
from portal.foundation.watch.probes import Trouble

from . import installing
from .reconciling import TYPE

STANDS_FOR = timedelta(hours=24)
# Some four hundred triggers are drawn up and compared: not with every look.
KEPT_SECONDS = 60.0
_found: dict[str, tuple[float, list[str]]] = {}
PUT_RIGHT = "Run 'python manage.py migrate' to put it right, and find out who did it."


def unattributed(now: datetime) -> Iterator[Trouble]:
    """One query of an index."""
    lately = LedgerEvent.objects.filter(type=TYPE, recorded_at__gt=now - STANDS_FOR, recorded_at__lte=now)
    last = lately.order_by("-id").values_list("id", "recorded_at").first()
    if last is not None:
        when = f"{last[1]:%d %b, %H:%M} UTC"
        yield Trouble(TYPE, f"Something was changed past the portal; it was found at {when}. See event #{last[0]} of the audit trail.")


def witnesses(now: datetime) -> Iterator[Trouble]:
    """One query a minute."""
    if gone := _kept("witnesses", installing.missing):
        words = f"The database no longer notes every change past the portal: {_named(gone)} is missing or was changed."
        yield Trouble("witnesses", f"{words} {PUT_RIGHT}")


def guards(now: datetime) -> Iterator[Trouble]:
    """One query a minute."""
    if gone := _kept("guards", database_guards.missing):
        words = f"The database no longer refuses all that it should: {_named(gone)} is missing, was changed, or is nobody's."
        yield Trouble("guards", f"{words} {PUT_RIGHT}")


def _kept(which: str, missing: Callable[[], list[str]]) -> list[str]:
    until, names = _found.get(which, (0.0, []))
    if time.monotonic() >= until:
        _found[which] = until, names = time.monotonic() + KEPT_SECONDS, missing()
    return names


def _named(gone: list[str]) -> str:
    return gone[0] + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
