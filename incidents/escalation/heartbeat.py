"""The engine's sign of life: that it looked, what it did, and who looks through everything this minute."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from .halves import CycleResult
from .models import EngineHeartbeat

SWEEP_EVERY = timedelta(minutes=1)
# After something could not be started; not at once, for it would hardly go better.
SWEEP_SOON = timedelta(seconds=5)


def sign_of_life(result: CycleResult, *, now: datetime, took: timedelta) -> None:
    """Writes down that a pass that began at `now` is done. How long the longest due had waited is kept of passes with something due."""
    row = EngineHeartbeat.objects.filter(pk=1)
    counted = {name: F(name) + getattr(result, name) for name in ("started", "advanced", "failed", "late")}
    lag = {} if result.earliest is None else {"lag": now + took - result.earliest}
    if not row.update(cycles=F("cycles") + 1, last_started_at=now, last_finished_at=now, **counted, **lag):
        _first_row(now)
        row.update(cycles=1, last_started_at=now, last_finished_at=now, **counted, **lag)


def claims_sweep(now: datetime) -> bool:
    """Whether it falls to the caller to look through everything: once a minute to one of all engines and the watchdog.

    A mark from the future is one that a clock set back has left.
    """
    due = Q(swept_at__isnull=True) | Q(swept_at__lte=now - SWEEP_EVERY) | Q(swept_at__gt=now)
    if EngineHeartbeat.objects.filter(due, pk=1).update(swept_at=now):
        return True
    return not EngineHeartbeat.objects.filter(pk=1).exists() and _first_row(now)


def sweep_soon(now: datetime) -> None:
    """Something could not be started: the next look through everything comes earlier."""
    EngineHeartbeat.objects.filter(pk=1).update(swept_at=now - SWEEP_EVERY + SWEEP_SOON)


def _first_row(now: datetime) -> bool:
    EngineHeartbeat.objects.bulk_create([EngineHeartbeat(pk=1, swept_at=now)], ignore_conflicts=True)
    return True
