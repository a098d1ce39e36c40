"""Is delivery well: does the sender send, do messages leave in time, does every lane get something through?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.signs.beats import SENDER, last_beat
from portal.foundation.signs.models import LaneTally
from portal.foundation.words import duration

from .probes import Trouble, is_silent

# The sender leaves a sign every few seconds, also while a channel keeps it waiting.
SILENT_AFTER = timedelta(seconds=30)
# Due and not taken by anybody: the promise is seconds.
WAITS_TOO_LONG = timedelta(seconds=60)
# One wrong address is no outage; five refusals over two minutes with nothing in between are.
MANY_IN_A_ROW = 5
FAILING_FOR = timedelta(minutes=2)
# A lane that nobody used for so long says nothing about now.
FORGOTTEN_AFTER = timedelta(hours=1)


def sender(now: datetime) -> Iterator[Trouble]:
    """One query."""
    last = last_beat(SENDER)
    if is_silent(last, now, SILENT_AFTER):
        since = f"The sender gave its last sign {duration(abs(now - last))} ago" if last else "The sender has never run"
        yield Trouble("sender", f"{since}: messages may not leave. Start it with 'python manage.py sender'.")


def messages(now: datetime) -> Iterator[Trouble]:
    """One query of one row of an index."""
    oldest = oldest_due(now)
    if oldest is not None and now - oldest > WAITS_TOO_LONG:
        yield Trouble("messages", f"A message has been due for {duration(now - oldest)} and nobody sends it. Look at the outbox.")


def lanes(now: datetime) -> Iterator[Trouble]:
    """One query of a table with a row a lane."""
    rows = LaneTally.objects.filter(failures_in_a_row__gte=MANY_IN_A_ROW, failing_since__lte=now - FAILING_FOR)
    for row in rows.filter(last_failed_at__gte=now - FORGOTTEN_AFTER):
        since = duration(now - row.failing_since) if row.failing_since else ""
        yield Trouble(
            f"lane {row.lane}",
            f"Nothing gets through over {row.lane}: {row.failures_in_a_row} tries failed in {since}. Messages take people's other ways.",
            loud=False,
        )


def oldest_due(now: datetime) -> datetime | None:
    """Since when the message that waits longest should have been sent; None when none is due. A lease that ran out counts from there."""
    due = OutboxMessage.objects.filter(state__in=["pending", "sending"], next_attempt_at__lte=now)
    return due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def is_well(now: datetime) -> bool:
    """Whether messages leave. Two queries."""
    return not any(True for probe in (sender, messages) for _ in probe(now))
