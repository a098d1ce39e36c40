"""Filing what is sealed: the sealer does it beside its rounds, so that whoever writes an event does not wait for it.

The ledger's tree numbers its leaves without a gap, so that none is left out and none filed twice. What was removed with leave is taken out.
"""

# ruff: noqa: S608 - constants
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from audit.ledger.models import LedgerEvent
from audit.retention.models import RemovalRange
from audit.sealing.models import LedgerLeaf
from audit.sealing.stored import tree_size

from .bitmaps import BLOCK, bitmap, block_of, packed, place_of, unpacked
from .facts import facts_of
from .models import TrailForgotten, TrailIndex, TrailPosting
from .terms import number, terms_of

# A block's common terms are written once for all that is filed together, so few large portions are cheaper than many small ones; but nobody
# else writes to SQLite meanwhile.
AT_ONCE = 2_000
# A statement takes some thousand values at most.
VALUES = 900
# Past the ORM, which takes ten times as long for each row.
OVER = "ON CONFLICT (term, block) DO UPDATE SET count = excluded.count, events = excluded.events"
WRITING = {
    "sqlite": f"INSERT INTO audit_trailposting (term, block, count, events) VALUES (%s, %s, %s, %s) {OVER}",
    "postgresql": (
        "INSERT INTO audit_trailposting (term, block, count, events) "
        f"SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bytea[]) {OVER}"
    ),
}
EVERY_SECONDS, FORGETTING_SECONDS = 5.0, 30.0
Places = dict[tuple[int, int], list[int]]


class Filing:
    """The sealer's turns at filing: at once while much waits, else every few seconds, for what is filed together is filed cheaply."""

    def __init__(self) -> None:
        self.next_filing = self.next_forgetting = 0.0

    def turn(self) -> None:
        """Files a portion if it is time to. What fails is tried again at the next turn."""
        now = time.monotonic()
        if now >= self.next_filing:
            self.next_filing = now + EVERY_SECONDS
            if file_new() == AT_ONCE:
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
    leaves = list(LedgerLeaf.objects.filter(index__gte=first, index__lt=first + most).order_by("index").values_list("event", flat=True))
    if not leaves:
        return 0
    events = _read(leaves)
    places = _places(events)
    with transaction.atomic():
        mark, _ = TrailIndex.objects.select_for_update().get_or_create(pk=1)
        if mark.leaf != first:
            return 0
        _add(places)
        times = [event.recorded_at for event in events]
        mark.leaf = first + len(leaves)
        mark.oldest_at = min([*times, *_known(mark.oldest_at)], default=None)
        mark.newest_at = max([*times, *_known(mark.newest_at)], default=None)
        mark.save()
    return len(leaves)


def file_all() -> int:
    """Files everything that is sealed, and forgets what was removed; how many leaves."""
    done = 0
    while some := file_new():
        done += some
    forget_removed()
    return done


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
        there = LedgerEvent.objects.filter(pk__gte=block * BLOCK, pk__lt=(block + 1) * BLOCK).values_list("pk", flat=True)
        leaves = dict(LedgerLeaf.objects.filter(event__gte=block * BLOCK, event__lt=(block + 1) * BLOCK).values_list("event", "index"))
        places = _places(_read([event for event in there if leaves.get(event, mark.leaf) < mark.leaf]))
        TrailPosting.objects.filter(block=block).delete()
        _add(places)


def _read(keys: Sequence[int]) -> list[LedgerEvent]:
    found: list[LedgerEvent] = []
    for at in range(0, len(keys), VALUES):
        found += LedgerEvent.objects.filter(pk__in=keys[at : at + VALUES]).order_by()
    return found


def _places(events: Iterable[LedgerEvent]) -> Places:
    """By term and block: where in the block these events are."""
    found: Places = defaultdict(list)
    for event in events:
        block, place = block_of(event.pk), place_of(event.pk)
        for term in terms_of(facts_of(event)):
            found[number(term), block].append(place)
    return found


def _add(places: Places) -> None:
    before = _filed(places)
    rows = []
    for key, held in places.items():
        joined = bitmap(held) | before.get(key, 0)
        rows.append((*key, joined.bit_count(), packed(joined)))
    with connection.cursor() as cursor:
        if not rows:
            return
        if connection.vendor == "sqlite":
            cursor.executemany(WRITING["sqlite"], rows)
        else:
            cursor.execute(WRITING["postgresql"], [list(column) for column in zip(*rows, strict=True)])


def _filed(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    by_block: dict[int, list[int]] = defaultdict(list)
    for term, block in keys:
        by_block[block].append(term)
    found: dict[tuple[int, int], int] = {}
    for block, terms in by_block.items():
        for at in range(0, len(terms), VALUES):
            rows = TrailPosting.objects.filter(term__in=terms[at : at + VALUES], block=block)
            found |= {(term, block): unpacked(events) for term, events in rows.values_list("term", "events")}
    return found


def _known(at: datetime | None) -> list[datetime]:
    return [at] if at else []
