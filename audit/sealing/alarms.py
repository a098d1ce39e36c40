"""What the sealer cannot put right, told to everybody: a row that the watch reads, and a line in the log when it begins and when it is over."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from portal.foundation.watch.probes import Trouble
from portal.foundation.words import duration

from .models import LedgerAlarm, LedgerCheckpoint
from .waiting import waiting_since

logger = logging.getLogger("sealer")
WAITS_TOO_LONG = timedelta(seconds=10)


def sound(key: str, words: str, *, now: datetime) -> None:
    """Stands until it is silenced; says it again only when the words change."""
    with transaction.atomic():
        found = LedgerAlarm.objects.filter(pk=key).first()
        if found is None or found.words != words:
            LedgerAlarm.objects.update_or_create(key=key, defaults={"words": words, "since": found.since if found else now})
            transaction.on_commit(lambda: logger.critical("%s", words))


def silence(key: str) -> None:
    """One statement of a table that is nearly always empty."""
    if LedgerAlarm.objects.filter(pk=key).exists():
        LedgerAlarm.objects.filter(pk=key).delete()
        logger.warning("Over: the ledger's alarm '%s'.", key)


def standing() -> list[str]:
    return list(LedgerAlarm.objects.order_by("since", "key").values_list("words", flat=True))


def ledger(now: datetime) -> Iterator[Trouble]:
    """The probe of the watch: what the sealer says, else whether it seals. Three queries at most, each of a row."""
    found = list(LedgerAlarm.objects.order_by("since", "key"))
    for alarm in found:
        yield Trouble(f"ledger {alarm.key}", alarm.words)
    if any(alarm.key == "seal" for alarm in found):
        return
    last = LedgerCheckpoint.objects.order_by("-id").first()
    since = waiting_since(last.size if last else 0)
    if since is not None and now - since > WAITS_TOO_LONG:
        when = f"since {last.at:%Y-%m-%d %H:%M:%S} UTC" if last else "since it began"
        yield Trouble(
            "ledger",
            f"The ledger is not sealed {when}; the oldest event has waited {duration(now - since)}. Start it with 'python manage.py sealer'.",
        )
