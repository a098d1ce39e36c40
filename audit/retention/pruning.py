"""Finding what is older than its class is kept, and asking for it to go. Nothing goes here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from audit.events.services import act
from audit.sealing.models import LedgerCheckpoint
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .classes import class_of, ends_of, is_for_good
from .holds import held_words
from .models import LegalHold, Removal, RemovalRange
from .periods import periods
from .ranges import Range, as_ranges, digest
from .rights import require_person

# One event names the ranges of a thousand entries at most; a page shows what goes; more is asked for afterwards.
MOST_ENTRIES, MOST_RANGES = 100_000, 20_000
AT_ONCE = 5_000
OLD_ONES = """
SELECT l."index", l.hash, e.type, e.recorded_at, {payload}
FROM audit_ledgerleaf l JOIN audit_ledgerevent e ON e.id = l.event
WHERE l."index" >= %s AND l."index" < %s AND e.recorded_at < %s ORDER BY l."index" LIMIT %s
"""


class Entry(NamedTuple):
    """What is to be known of an entry to say whether it may go."""

    place: int
    hash: bytes
    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What would go now: at most 100,000 entries, the oldest first. `more` says that there are others."""

    entries: tuple[Entry, ...]
    ranges: tuple[Range, ...]
    policy: dict[str, Any]
    more: bool

    @property
    def digest(self) -> str:
        return digest(entry.hash for entry in self.entries)

    @property
    def oldest_at(self) -> datetime:
        return min(entry.at for entry in self.entries)

    @property
    def newest_at(self) -> datetime:
        return max(entry.at for entry in self.entries)


def what_is_old(*, now: datetime, most: int = MOST_ENTRIES) -> Found:
    """Sealed entries that are older than their class is kept and under no hold. Changes nothing."""
    months = periods()
    ends = ends_of(months, now)
    everything = LegalHold.objects.filter(lifted_at=None, object_model="").exists()
    entries: list[Entry] = []
    for entry in () if everything else _older_than(max(ends.values()), held_words()):
        if is_for_good(entry.type) or entry.at >= ends[class_of(entry.type).key]:
            continue
        entries.append(entry)
        if len(entries) > most:
            break
    more, entries = len(entries) > most, entries[:most]
    ranges = as_ranges(entry.place for entry in entries)
    if len(ranges) > MOST_RANGES:
        more, ranges = True, ranges[:MOST_RANGES]
        entries = [entry for entry in entries if entry.place <= ranges[-1][1]]
    return Found(tuple(entries), tuple(ranges), _by_class(entries, months), more)


def ask_pruning(*, actor: Any, now: datetime, reason: str) -> Removal:
    """Asks that what is old now goes. Raises NotAllowed, InvalidInput, and WrongState when nothing is, or an earlier pruning is open."""
    require_person(actor, "audit.ask_removal", to="ask for pruning")
    if not visible(reason):
        raise InvalidInput("Say why it should go.", {"reason": ["Say why it should go."]})
    with act("retention.pruning_asked", actor=actor, now=now, why=reason) as running:
        open_one = Removal.objects.filter(kind=Removal.Kind.PRUNING, done_at=None, closed_at=None).first()
        if open_one is not None:
            raise WrongState(f"{open_one} is open: decide on it first.".capitalize())
        found = what_is_old(now=now)
        if not found.entries:
            raise WrongState("Nothing may go: no sealed entry is older than its class is kept and free of holds.")
        running.subject = removal = _asked(found, actor, now, reason)
        running.details = {"removal": removal.pk, "entries": removal.entries, "digest": removal.digest, "policy": removal.policy}
    return removal


def sealed_size() -> int:
    """How many entries the last signed checkpoint holds."""
    last = LedgerCheckpoint.objects.order_by("-id").first()
    return last.size if last else 0


def _asked(found: Found, actor: Any, now: datetime, reason: str) -> Removal:
    with transaction.atomic():
        removal = Removal.objects.create(
            kind=Removal.Kind.PRUNING,
            first=found.ranges[0][0],
            last=found.ranges[-1][1],
            entries=len(found.entries),
            digest=found.digest,
            oldest_at=found.oldest_at,
            newest_at=found.newest_at,
            policy=found.policy,
            reason=reason,
            asked_at=now,
            asked_by=actor,
        )
        RemovalRange.objects.bulk_create([RemovalRange(removal=removal, first=first, last=last) for first, last in found.ranges], 1_000)
    return removal


def _older_than(end: datetime, held: list[str]) -> Iterator[Entry]:
    """Without those whose record has one of the words of `held`."""
    size, place = sealed_size(), 0
    question = OLD_ONES.format(payload="e.payload" if held else "''")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(question, [place, size, connection.ops.adapt_datetimefield_value(end), AT_ONCE])
            rows = cursor.fetchall()
        for index, leaf, kind, at, payload in rows:
            if not any(words in payload for words in held):
                yield Entry(index, bytes(leaf), kind, _as_time(at))
        if len(rows) < AT_ONCE:
            return
        place = rows[-1][0] + 1


def _as_time(stored: Any) -> datetime:
    """SQLite keeps times in UTC without saying so, as text."""
    found = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _by_class(entries: list[Entry], months: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        key = class_of(entry.type).key
        of = found.setdefault(key, {"months": months[key], "entries": 0, "oldest": "", "newest": ""})
        at = entry.at.isoformat()
        of["entries"] += 1
        of["oldest"], of["newest"] = min(of["oldest"] or at, at), max(of["newest"], at)
    return found
