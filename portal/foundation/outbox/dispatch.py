"""Sending what is due without the sending process: one call after the other, where that process is silent and in the demo's past."""

from datetime import datetime, timedelta

from portal.foundation.signs.beats import SENDER, last_beat

from .calling import Stopwatch, call
from .claiming import Room, claim
from .receipts import settle_missing
from .recording import record

# Longer than all calls of one round: a message must not be taken twice while its first sending still runs.
LEASE = timedelta(seconds=90)
MOST_A_ROUND = 6
# One task stays well below the workers' own time limit; what is left is taken by the next.
LONGEST_RUN = timedelta(seconds=45)
# The sending process leaves a sign every five seconds; one that restarts, or waits for a locked database, is back before this.
SILENT_AFTER = timedelta(seconds=20)


def stand_in(*, now: datetime) -> int:
    """Does the sending process's work while that is silent; the number of calls made."""
    last = last_beat(SENDER)
    return deliver_due(now=now) if last is None or abs(now - last) > SILENT_AFTER else 0


def deliver_due(*, now: datetime) -> int:
    """Sends every message that is due, for about a minute; the number of calls made. Safe to run beside others."""
    watch, calls = Stopwatch(now), 0
    settle_missing(now=now)
    while watch.elapsed() < LONGEST_RUN:
        parcels = claim(watch.now(), Room(free=lambda lane: MOST_A_ROUND, most=MOST_A_ROUND), LEASE)
        if not parcels:
            return calls
        calls += len(parcels)
        record([call(parcel, watch.now()) for parcel in parcels], watch.now())
    return calls
