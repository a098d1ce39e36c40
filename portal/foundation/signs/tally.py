"""Counting what each lane took and refused: in memory while sending, written down by whoever sends once a round.

A process that is killed loses the counts of its last round; the attempts themselves are rows of their own and lose nothing.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from .models import LaneTally

_lock = threading.Lock()


@dataclass(slots=True)
class _Counts:
    sent: int = 0
    failed: int = 0
    # Failures since the last success of these counts; all of them when there was none.
    in_a_row: int = 0


_counts: dict[str, _Counts] = {}


def count(lane: str, *, succeeded: bool) -> None:
    """One call of a channel over `lane` and whether it was taken. Touches no database."""
    with _lock:
        counts = _counts.setdefault(lane[:120], _Counts())
        counts.sent, counts.failed = counts.sent + succeeded, counts.failed + (not succeeded)
        counts.in_a_row = 0 if succeeded else counts.in_a_row + 1


def forget() -> None:
    """For tests: what was counted and not written down is gone."""
    with _lock:
        _counts.clear()


def write_down(*, now: datetime) -> None:
    """Adds what was counted since the last time to the rows of its lanes, in their order, so that two senders never wait in a circle."""
    with _lock:
        taken = sorted(_counts.items())
        _counts.clear()
    if not taken:
        return
    with transaction.atomic():
        LaneTally.objects.bulk_create([LaneTally(lane=lane) for lane, _ in taken], ignore_conflicts=True)
        for lane, counts in taken:
            _add(lane, counts, now)


def _add(lane: str, counts: _Counts, now: datetime) -> None:
    changed: dict[str, object] = {"sent": F("sent") + counts.sent, "failed": F("failed") + counts.failed}
    if counts.sent:
        changed |= {"last_sent_at": now, "failures_in_a_row": counts.in_a_row, "failing_since": now if counts.in_a_row else None}
    else:
        since = Coalesce(F("failing_since"), Value(now), output_field=LaneTally._meta.get_field("failing_since"))
        changed |= {"failures_in_a_row": F("failures_in_a_row") + counts.in_a_row, "failing_since": since}
    if counts.failed:
        changed["last_failed_at"] = now
    LaneTally.objects.filter(pk=lane).update(**changed)
