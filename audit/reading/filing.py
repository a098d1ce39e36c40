"""Filing what is sealed: the sealer does it beside its rounds, so that whoever writes an event does not wait for it.

The ledger's tree numbers its leaves without a gap, so that none is left out and none filed twice. What was removed with leave is taken out.
"""

# ruff: noqa: S608 - constants
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from audit.retention.models import RemovalRange
from audit.sealing.models import LedgerLeaf
from audit.sealing.stored import tree_size

from .bitmaps import BLOCK, block_of
from .gathering import Gathered, Posting, Row
from .models import TrailForgotten, TrailIndex, TrailPosting

# A block's common terms are written once for all that is filed together, so few large portions are cheaper than many small ones; but the
# sealer has other work, and nobody else writes to SQLite meanwhile.
AT_ONCE, WHEN_BEHIND, IN_BULK = 2_000, 16_384, 65_536
# A statement takes some thousand values at most; of more terms the whole block is read.
VALUES = 900
# So many events are in memory at once, and so many rows are written by one statement.
READ, WRITTEN = 8_192, 20_000
# Past the ORM, which takes ten times as long for each row.
HOUR = {"sqlite": "substr(e.recorded_at, 1, 13)", "postgresql": "to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"}
READING = "SELECT e.id, {hour}, e.payload, e.type, e.actor_id, e.object_model FROM audit_ledgerleaf l JOIN audit_ledgerevent e ON e.id = l.event WHERE "
IN_ORDER = 'l."index" >= %s AND l."index" < %s ORDER BY l."index"'
OF_A_BLOCK = 'e.id >= %s AND e.id < %s AND l."index" < %s ORDER BY e.id'
OVER = "ON CONFLICT (term, block) DO UPDATE SET count = excluded.count, events = excluded.events"
WRITING = {
    "sqlite": f"INSERT INTO audit_trailposting (term, block, count, events) VALUES (%s, %s, %s, %s) {OVER}",
    "postgresql": (
        "INSERT INTO audit_trailposting (term, block, count, events) "
        f"SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bytea[]) {OVER}"
    ),
}
EVERY_SECONDS, FORGETTING_SECONDS = 5.0, 30.0
# Of the second between two seals, and from how many waiting events on it may be all of it and more.
TURN_SECONDS, FAR_BEHIND = 0.3, 100_000


class Filing:
    """The sealer's turns at filing: at every turn while much waits, else every few seconds, for what is filed together is filed cheaply."""

    def __init__(self) -> None:
        self.next_filing = self.next_forgetting = 0.0

    def turn(self) -> None:
        """Files some portions if it is time to, and lets the sealer seal again soon. What fails is tried again at the next turn."""
        now = time.monotonic()
        if now >= self.next_filing:
            self.next_filing = now + EVERY_SECONDS
            # What a burst leaves is done in a few turns; an old ledger's millions after an upgrade take the sealer's time for a while.
            most = WHEN_BEHIND if waiting() > FAR_BEHIND else AT_ONCE
            while more := file_new(most) == most:
                if time.monotonic() >= now + TURN_SECONDS:
                    break
            if more:
                self.next_filing = now
        if now >= self.next_forgetting:
            self.next_forgetting = now + FORGETTING_SECONDS
            forget_removed()


def how_far() -> TrailIndex:
    """The index's own row. One query."""
    return TrailIndex.objects.filter(pk=1).first() or TrailIndex(pk=1)


def waiting() -> int:
    """How many sealed events are not filed yet. Two queries."""
    return max(tree_size() - how_far().leaf, 0)


def file_new(most: int = AT_ONCE) -> int:
    """Files the oldest of what is sealed and not filed; how many leaves. Two at once file nothing twice: the later one does nothing."""
    first = how_far().leaf
    end = min(first + most, tree_size())
    if end <= first:
        return 0
    gathered: dict[int, Gathered] = {}
    hours: set[str] = set()
    for at in range(first, end, READ):
        hours |= _gather(_rows(IN_ORDER, at, min(at + READ, end)), gathered)
    with transaction.atomic():
        mark, _ = TrailIndex.objects.select_for_update().get_or_create(pk=1)
        if mark.leaf != first:
            return 0
        _add(gathered.values())
        mark.leaf = end
        times = [_moment(hour) for hour in (min(hours), max(hours))] if hours else []
        mark.oldest_at = min([*times, *_known(mark.oldest_at)], default=None)
        mark.newest_at = max([*times, *_known(mark.newest_at)], default=None)
        mark.save()
    return end - first


def file_all(*, told: Callable[[int], None] | None = None) -> int:
    """Files everything that is sealed, and forgets what was removed; how many leaves. `told` hears after each portion how many it is by now."""
    done = 0
    while some := file_new(IN_BULK):
        done += some
        if told:
            told(done)
    forget_removed()
    return done


def begin_anew() -> None:
    """Empties the index: the sealer, or `file_all`, files the whole ledger again."""
    with transaction.atomic():
        mark, _ = TrailIndex.objects.select_for_update().get_or_create(pk=1)
        TrailPosting.objects.all().delete()
        mark.leaf, mark.oldest_at, mark.newest_at = 0, None, None
        mark.save()


def forget_removed(most: int = 500) -> int:
    """Takes out what was removed with leave since: the blocks in which it was are made anew. How many ranges of entries."""
    told = TrailForgotten.objects.filter(range=OuterRef("pk"))
    gone = list(RemovalRange.objects.filter(~Exists(told), done_at__isnull=False).order_by("pk")[:most])
    if not gone:
        return 0
    blocks: set[int] = set()
    for one in gone:
        leaves = LedgerLeaf.objects.filter(index__gte=one.first, index__lte=one.last)
        blocks |= {block_of(event) for event in leaves.values_list("event", flat=True)}
    for block in sorted(blocks):
        _make_anew(block)
    TrailForgotten.objects.bulk_create([TrailForgotten(range=one.pk) for one in gone], ignore_conflicts=True)
    return len(gone)


def _make_anew(block: int) -> None:
    """What is not filed yet stays so, for it comes by its leaf."""
    with transaction.atomic():
        mark, _ = TrailIndex.objects.select_for_update().get_or_create(pk=1)
        gathered: dict[int, Gathered] = {}
        _gather(_rows(OF_A_BLOCK, block * BLOCK, (block + 1) * BLOCK, mark.leaf), gathered)
        TrailPosting.objects.filter(block=block).delete()
        _add(gathered.values())


def _rows(where: str, *given: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(READING.format(hour=HOUR[connection.vendor]) + where, given)
        found: list[Row] = cursor.fetchall()
        return found


def _gather(rows: Iterable[Row], gathered: dict[int, Gathered]) -> set[str]:
    """Puts these events to their blocks; the hours in which they were."""
    hours: set[str] = set()
    for block, some in groupby(rows, key=lambda row: block_of(row[0])):
        together = list(some)
        hours |= {row[1] for row in together}
        gathered.setdefault(block, Gathered(block)).add(together)
    return hours


def _add(gathered: Iterable[Gathered]) -> None:
    # Neighbours in the index of terms, one after the other.
    rows = sorted(posting for one in gathered for posting in one.postings(_stored(one)))
    with connection.cursor() as cursor:
        for at in range(0, len(rows), WRITTEN):
            _write(cursor, rows[at : at + WRITTEN])


def _write(cursor: Any, rows: list[Posting]) -> None:
    if connection.vendor == "sqlite":
        cursor.executemany(WRITING["sqlite"], rows)
    else:
        cursor.execute(WRITING["postgresql"], [list(column) for column in zip(*rows, strict=True)])


def _stored(gathered: Gathered) -> dict[int, bytes]:
    """The sets that the block has already under the terms that are to be filed; few blocks have any."""
    rows = TrailPosting.objects.filter(block=gathered.block)
    if not rows.exists():
        return {}
    terms = gathered.terms()
    rows = rows.filter(term__in=terms) if len(terms) <= VALUES else rows
    return {term: bytes(events) for term, events in rows.values_list("term", "events").iterator() if term in terms}


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)


def _known(at: datetime | None) -> list[datetime]:
    return [at] if at else []
