"""What the witnesses noted against what the events tell: whatever no event explains becomes an event itself, and an alarm."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncMinute

from audit.events.alone import tell
from audit.ledger.models import LedgerEvent
from audit.ledger.services import utc_text
from portal.foundation.access.roles import ROLES
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .governed import Governed, governed_tables
from .models import OpenAct, RawChange

TYPE = "unattributed_change"
KIND = "watch.alarm"
# A row that is saved by itself is told right after, in a transaction of its own.
SETTLED_AFTER = timedelta(seconds=10)
LOOKED_AT_WITHIN = timedelta(minutes=3)
RIGHT_AFTER = 200
TOLD_BY_THEMSELVES = ("record.", "right.", "rights.", "account.password_changed", "account.token_")
# A larger change was no single save.
MOST_LOOKED_AT = 500
MOST_KEYS = 50
LEFT_OPEN = "On SQLite the witnesses were told that an act is running, and none was: what was changed meanwhile is not known."


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one table in one transaction; where the database numbers none, in one minute."""

    table: str
    transaction: str
    first: int
    last: int
    since: datetime
    until: datetime
    count: int

    def rows(self) -> Any:
        among = {"table": self.table, "transaction": self.transaction, "at__gte": self.since, "at__lte": self.until}
        return RawChange.objects.filter(pk__gte=self.first, pk__lte=self.last, **among)


def reconcile(*, now: datetime) -> int:
    """Reports every change that no event explains, one event a table and transaction; how many events that made.

    Any number may run at once: each batch is reported by one of them.
    """
    tables = {one.table: one for one in governed_tables()}
    reported = _report_left_open(now)
    for batch in _batches(now - SETTLED_AFTER):
        with transaction.atomic():
            if RawChange.objects.select_for_update(skip_locked=True).filter(pk=batch.first).first() is not None:
                reported += _settle(batch, tables.get(batch.table), now)
    return reported


def waiting(now: datetime) -> int:
    """How many changes nobody has looked at for so long that the job cannot be running."""
    return RawChange.objects.filter(at__lt=now - LOOKED_AT_WITHIN).count()


def _batches(until: datetime) -> list[Batch]:
    found: dict[tuple[Any, ...], Batch] = {}
    by = (
        RawChange.objects.filter(at__lt=until)
        .annotate(minute=TruncMinute("at"))
        .values("table", "transaction", "minute")
        .order_by("minute")
    )
    told = by.annotate(first=Min("id"), last=Max("id"), since=Min("at"), until=Max("at"), count=Count("id"))
    for minute, *row in told.values_list("minute", *Batch.__slots__):
        batch = Batch(*row)
        key = (batch.table, batch.transaction or minute)
        found[key] = _joined(found[key], batch) if key in found else batch
    return list(found.values())


def _joined(one: Batch, other: Batch) -> Batch:
    """A transaction that went on past the minute."""
    return Batch(
        one.table,
        one.transaction,
        min(one.first, other.first),
        max(one.last, other.last),
        min(one.since, other.since),
        max(one.until, other.until),
        one.count + other.count,
    )


def _settle(batch: Batch, table: Governed | None, now: datetime) -> int:
    """1 when an event had to be made. The notes go with it, in one transaction."""
    if batch.count > MOST_LOOKED_AT:
        operations = dict(batch.rows().order_by().values_list("operation").annotate(Count("id")))
        keys = list(batch.rows().order_by("id").values_list("key", flat=True)[:MOST_KEYS])
        _report(batch, operations, keys, now)
        batch.rows().delete()
        return 1
    changes = list(batch.rows().order_by("id"))
    untold = [change for change in changes if table is None or not _is_told(change, table)]
    if untold:
        _report(batch, dict(Counter(change.operation for change in untold)), [change.key for change in untold[:MOST_KEYS]], now)
    RawChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return bool(untold)


def _is_told(change: RawChange, table: Governed) -> bool:
    """Whether an event about the row was written right after it, as for a row that is saved or joined by itself."""
    about = Q()
    for label, key in _objects(change, table):
        about |= Q(object_model=label, object_pk=key)
    told = Q()
    for prefix in TOLD_BY_THEMSELVES:
        told |= Q(type__startswith=prefix)
    after = LedgerEvent.objects.filter(pk__gt=change.after_event).order_by("pk")
    # Counted, not by key: what was rolled back leaves gaps between the keys.
    end = after.values_list("pk", flat=True)[RIGHT_AFTER - 1 : RIGHT_AFTER]
    near = after.filter(pk__lte=end[0]) if end else after
    return bool(about) and near.filter(about, told).exists()


def _objects(change: RawChange, table: Governed) -> Iterable[tuple[str, str]]:
    """Whom an event about this row would be about: itself, or those that it joins."""
    values = [change.key] if len(table.key) == 1 else [part.partition("=")[2] for part in change.key.split(" ")]
    return zip(table.about, values, strict=False)


def _report(batch: Batch, operations: dict[str, int], keys: Sequence[str], now: datetime) -> None:
    words = dict(RawChange._meta.get_field("operation").flatchoices)
    did = {words[letter]: count for letter, count in sorted(operations.items())}
    said = ", ".join(f"{count} {what}" for what, count in did.items())
    why = f"Rows of {batch.table} were changed past the portal ({said}): no event of the same transaction tells of it."
    tell(
        TYPE,
        actor=None,
        now=now,
        why=why,
        table=batch.table,
        rows=did,
        keys=list(keys),
        more_keys=sum(operations.values()) - len(keys),
        since=utc_text(batch.since),
        until=utc_text(batch.until),
        transaction=batch.transaction,
    )
    _alarm(why, f"{batch.table}-{batch.first}", now)


def _report_left_open(now: datetime) -> int:
    """Seen from a transaction of its own, the mark of a running act must not be there."""
    if connection.vendor != "sqlite" or not OpenAct.objects.exists():
        return 0
    with transaction.atomic():
        tell(TYPE, actor=None, now=now, why=LEFT_OPEN, table=OpenAct._meta.db_table)
        OpenAct.objects.all().delete()
        _alarm(LEFT_OPEN, f"open-{now.isoformat()}", now)
    return 1


def _alarm(words: str, key: str, now: datetime) -> None:
    """To those who audit; administrators hear of it as of every alarm."""
    title = next(role.title for role in ROLES if role.key == "auditor")
    for person in User.objects.filter(groups__in=Group.objects.filter(name=title), is_active=True).order_by("pk"):
        queue(
            kind=KIND,
            person=person,
            subject_ref=f"audit.unattributed:{key}",
            title=f"Alarm: {words}"[:250],
            body=f"{words}\nThe audit trail has an event of type '{TYPE}' with the rows. What to do stands in docs/operations.md, 'Alarms'.",
            link=f"{settings.PORTAL_URL}/admin/audit/ledgerevent/?type={TYPE}",
            idempotency_key=f"{TYPE}-{key}-{person.pk}",
            now=now,
        )
