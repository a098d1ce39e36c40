"""What the watch asks: was something changed past the portal lately, and are the witnesses all there?"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from audit.ledger.models import LedgerEvent
from portal.foundation.watch.probes import Trouble

from . import installing
from .reconciling import TYPE

STANDS_FOR = timedelta(hours=24)
# Some four hundred triggers are drawn up and compared: not with every look.
KEPT_SECONDS = 60.0
_kept: tuple[float, list[str]] = (0.0, [])


def unattributed(now: datetime) -> Iterator[Trouble]:
    """One query of an index."""
    lately = LedgerEvent.objects.filter(type=TYPE, recorded_at__gt=now - STANDS_FOR, recorded_at__lte=now)
    last = lately.order_by("-id").values_list("id", "recorded_at").first()
    if last is not None:
        when = f"{last[1]:%d %b, %H:%M} UTC"
        yield Trouble(TYPE, f"Something was changed past the portal; it was found at {when}. See event #{last[0]} of the audit trail.")


def witnesses(now: datetime) -> Iterator[Trouble]:
    """One query a minute."""
    global _kept
    if time.monotonic() >= _kept[0]:
        _kept = (time.monotonic() + KEPT_SECONDS, installing.missing())
    gone = _kept[1]
    if gone:
        also = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        yield Trouble(
            "witnesses",
            f"The database no longer notes every change past the portal: {gone[0]}{also} is missing or was changed. "
            "Run 'python manage.py migrate' to put it back.",
        )
