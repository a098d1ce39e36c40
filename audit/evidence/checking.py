"""Checking the ledger where it lies: what an auditor cannot see from a bundle, because it is the database's own.

The tree is worked out anew from the stored payloads. Beside it: the searchable columns, the numbers of every object, tiles, checkpoints and
their signatures, the sealer's memory, the inbox and the guards.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from audit.anchors import checking as anchors
from audit.capture import installing
from audit.capture.reconciling import waiting
from audit.ledger.models import LedgerEvent, LedgerInbox
from audit.ledger.services import columns_of, utc_text
from audit.sealing import merkle, notes
from audit.sealing.keys import public_keys
from audit.sealing.last_note import recall
from audit.sealing.models import LedgerCheckpoint, LedgerLeaf, LedgerTile
from audit.sealing.stored import split
from portal.foundation import database_guards

from . import remembered
from .findings import Finding, Verdict, worst
from .gone import Gone

AT_ONCE = 2_000
LATE = timedelta(seconds=10)
# How far an entry's time may lie outside of the two checkpoints around it (docs/ledger-format.md, section 3).
TOLERANCE = timedelta(seconds=300)
Tell = Callable[[int, int], None]
ROWS = """
SELECT l."index", l.event, l.hash, e.payload, e.type, e.actor_id, e.object_model, e.object_pk, e.object_seq, e.request_id
FROM audit_ledgerleaf l LEFT JOIN audit_ledgerevent e ON e.id = l.event WHERE l."index" >= %s AND l."index" < %s ORDER BY l."index"
"""
COLUMNS = ("type", "actor_id", "object_model", "object_pk", "object_seq", "request_id")


@dataclass(slots=True)
class Report:
    """What was looked at and what was found."""

    size: int = 0
    payloads: int = 0
    first_at: str = ""
    last_at: str = ""
    checkpoints: int = 0
    sealed_at: datetime | None = None
    signers: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return worst(self.findings)


def verify_ledger(*, now: datetime, tell: Tell = lambda done, size: None) -> Report:
    """Looks through the whole ledger; memory does not grow with it but for a number per object. Changes nothing."""
    # The sealer goes on meanwhile. What is made of leaves is noted before the leaves, so that nothing is found to be ahead of them.
    signed, tiles, remembered_last = LedgerCheckpoint.objects.aggregate(last=Max("id"))["last"] or 0, _Tiles(), recall()
    last = LedgerLeaf.objects.order_by("-index").first()
    report = Report(size=last.index + 1 if last else 0, signers=public_keys())
    report.findings += _of_the_tree(report, _Walk(report.size, _Checkpoints(signed, now), tiles), tell)
    report.findings += remembered.findings(remembered_last, now=now)
    report.findings += _of_the_inbox(now)
    report.findings += _of_the_guards()
    report.findings += [Finding(one.code, one.text, one.index) for one in anchors.findings(now=now)]
    report.findings += _of_the_witnesses(now)
    return report


def _of_the_tree(report: Report, walk: "_Walk", tell: Tell) -> Iterator[Finding]:
    """Entries, columns, numbers, tiles and roots in one walk from the first entry to the last."""
    for row in _rows(report.size):
        yield from walk.take(*row)
        if walk.tree.size % AT_ONCE == 0:
            tell(walk.tree.size, report.size)
    yield from walk.end()
    report.payloads, report.first_at, report.last_at = walk.payloads, walk.first_at, walk.last_at
    report.checkpoints, report.sealed_at = walk.marks.count, walk.marks.at


class _Walk:
    """Where the check stands: the tree so far, the numbers of each object, the checkpoints that are still to come."""

    def __init__(self, size: int, marks: "_Checkpoints", tiles: "_Tiles") -> None:
        self.size, self.tree, self.gone = size, merkle.Frontier(), Gone.read()
        self.numbers: dict[tuple[str, str], int] = {}
        self.marks, self.tiles = marks, tiles
        self.payloads, self.left_out, self.first_at, self.last_at = 0, 0, "", ""

    def take(self, index: int, event: int, kept: Any, payload: str | None, *columns: Any) -> Iterator[Finding]:
        if index != self.tree.size:
            yield Finding("entries_missing", f"Entries {self.tree.size} to {index - 1} have no place in the tree.", self.tree.size)
            self.tree.size = index
        leaf = bytes(kept)
        if payload is None:
            self.left_out += 1
            if not self._let_go(index):
                yield Finding("entry_removed", f"Entry {index} (event {event}) is gone, and nobody let it go.", index)
        else:
            yield from self._entry(index, leaf, payload, columns)
            leaf = merkle.leaf_hash(payload.encode("utf-8"))
        self.tree.append(leaf)
        yield from self.tiles.take(index, leaf)
        yield from self.marks.reached(self.tree)

    def _let_go(self, index: int) -> bool:
        if not self.gone.explains(index):
            # Perhaps it went while this check was under way.
            self.gone = Gone.read()
        return self.gone.explains(index)

    def _entry(self, index: int, leaf: bytes, payload: str, columns: tuple[Any, ...]) -> Iterator[Finding]:
        if merkle.leaf_hash(payload.encode("utf-8")) != leaf:
            yield Finding("entry_changed", f"Entry {index} is not what it was when it got its place.", index)
        try:
            content = json.loads(payload)
            expected = columns_of(content)
        except (ValueError, AttributeError, TypeError):
            yield Finding("entry_unreadable", f"Entry {index} is no event.", index)
            return
        differing = [name for name, value in zip(COLUMNS, columns, strict=True) if value != expected[name]]
        if differing:
            yield Finding("columns_differ", f"Entry {index}: the columns {', '.join(differing)} do not say what the event says.", index)
        yield from self._number(index, content.get("obj") or {})
        if not self.marks.enclose(content):
            yield Finding("time_differs", f"Entry {index} says another time than the checkpoints around it.", index)
        self.payloads += 1
        self.last_at = content.get("ts", "")
        self.first_at = self.first_at or self.last_at

    def _number(self, index: int, subject: dict[str, Any]) -> Iterator[Finding]:
        number = subject.get("seq")
        if number is None:
            return
        key = (subject["model"], subject["pk"])
        before = self.numbers.get(key, 0)
        # What went may have been this object's; by more than went the numbers do not jump.
        if not before < number <= before + 1 + self.left_out:
            yield Finding("number_gap", f"Entry {index}: {key[0]} {key[1]} goes from its event {before} to {number}.", index)
        self.numbers[key] = number

    def end(self) -> Iterator[Finding]:
        yield from self.tiles.end()
        yield from self.marks.end(self.size)


class _Checkpoints:
    """Every checkpoint up to the row `last` against the tree that was worked out; signatures of all of them."""

    def __init__(self, last: int, now: datetime) -> None:
        self.now = now
        self.waiting = LedgerCheckpoint.objects.filter(pk__lte=last).order_by("size", "id").iterator()
        self.next: LedgerCheckpoint | None = next(self.waiting, None)
        self.count, self.size, self.at, self.origin = 0, 0, None, ""
        self.keys = dict(_verifiers())
        self.earliest, self.latest = "", self._latest()

    count: int
    size: int
    at: datetime | None

    def enclose(self, content: dict[str, Any]) -> bool:
        """Whether an entry was written between the last checkpoint and the next, as it says. The tree's first entries, `v` 1, are older."""
        written = str(content.get("rec") or content.get("ts"))
        return written <= self.latest and (content.get("v") == 1 or written >= self.earliest)

    def _latest(self) -> str:
        return utc_text(self.next.at + TOLERANCE) if self.next else "9"

    def reached(self, tree: merkle.Frontier) -> Iterator[Finding]:
        while self.next is not None and self.next.size <= tree.size:
            yield from self._check(self.next, tree)
            self.next = next(self.waiting, None)
            self.earliest, self.latest = utc_text(self.at - TOLERANCE) if self.at else "", self._latest()

    def _check(self, row: LedgerCheckpoint, tree: merkle.Frontier) -> Iterator[Finding]:
        place = row.size - 1
        try:
            said, signatures = notes.parsed(row.note)
        except ValueError:
            yield Finding("checkpoint_unreadable", f"The checkpoint at {row.size} is no checkpoint.", place)
            return
        if (said.size, said.root.hex(), said.at) != (row.size, row.root, row.at.astimezone(UTC)):
            yield Finding("checkpoint_columns", f"The checkpoint stored for {row.size} is one for {said.size}.", place)
        if row.size == tree.size and said.root != tree.root():
            yield Finding(
                "root_differs",
                f"The first {row.size} entries do not have the root that was signed at {said.at:%Y-%m-%d %H:%M:%S} UTC.",
                place,
            )
        known = [one for one in signatures if one.key_id in self.keys]
        if not known:
            yield Finding("unknown_key", f"The checkpoint at {row.size} is signed by none of this ledger's keys.", place)
        elif not any(self.keys[one.key_id](one.signature, said.text().encode("utf-8")) for one in known):
            yield Finding("signature_wrong", f"The signature of the checkpoint at {row.size} does not fit it.", place)
        if self.at and said.at < self.at and said.origin == self.origin:
            yield Finding("time_backwards", f"The checkpoint at {row.size} is older than the one before it.", place)
        self.count, self.size, self.at, self.origin = self.count + 1, row.size, said.at, said.origin

    def end(self, size: int) -> Iterator[Finding]:
        if self.next is not None:
            lost = self.next.size
            yield Finding("entries_missing", f"A tree of {lost} entries was signed; {size} are here.", size)
        elif self.size < size and self._is_late():
            yield Finding(
                "not_sealed", f"{size - self.size} entries have a place in the tree that no checkpoint has signed yet.", self.size
            )

    def _is_late(self) -> bool:
        """Whether the first entry without a checkpoint has been there for longer than signing takes."""
        first = LedgerLeaf.objects.filter(index=self.size).values("event")
        at = LedgerEvent.objects.filter(pk__in=first).values_list("recorded_at", flat=True).first()
        return at is None or self.now - at > LATE


class _Tiles:
    """Complete tiles against the leaves below them. Knows which there were when it was made."""

    def __init__(self) -> None:
        self.levels: list[list[bytes]] = [[]]
        self.done = [0]
        self.most = dict(LedgerTile.objects.values_list("level").annotate(most=Max("number")))

    def take(self, index: int, leaf: bytes) -> Iterator[Finding]:
        self.levels[0].append(leaf)
        level = 0
        while len(self.levels[level]) == merkle.TILE_WIDTH:
            hashes, number = self.levels[level], self.done[level]
            stored = LedgerTile.objects.filter(level=level, number=number).first()
            if stored is None or split(stored.hashes) != hashes:
                yield Finding("tile_differs", f"Tile {level}/{number} of the tree does not hold what its entries say.", index)
            self.levels[level], self.done[level] = [], number + 1
            level += 1
            if level == len(self.levels):
                self.levels.append([])
                self.done.append(0)
            self.levels[level].append(merkle.complete_root(hashes))

    def end(self) -> Iterator[Finding]:
        for level, most in self.most.items():
            if most >= (self.done[level] if level < len(self.done) else 0):
                yield Finding("tile_differs", f"There are tiles of level {level} beyond the end of the tree.", None)


def _of_the_inbox(now: datetime) -> Iterator[Finding]:
    waiting = LedgerInbox.objects.values("event")
    lost = LedgerEvent.objects.exclude(pk__in=waiting).exclude(pk__in=LedgerLeaf.objects.values("event")).order_by("pk")
    for event in lost[:20]:
        yield Finding("never_sealed", f"Event {event.pk} is neither in the tree nor waiting for its place.", None)
    oldest = LedgerEvent.objects.filter(pk__in=waiting).order_by("pk").first()
    if oldest is not None and now - oldest.recorded_at > LATE:
        yield Finding("not_sealed", f"{LedgerInbox.objects.count()} events wait to be sealed. Is the sealer running?", None)


def _of_the_guards() -> Iterator[Finding]:
    for name in [*database_guards.missing(), *installing.missing()]:
        words = f"The database's guard {name} is missing, was changed, or is nobody's. 'manage.py migrate' puts it right."
        yield Finding("guard_missing", words, None)


def _of_the_witnesses(now: datetime) -> Iterator[Finding]:
    """Changes without an event are reported every minute; what lies here for longer is not in the ledger yet."""
    count = waiting(now)
    if count:
        words = f"{count} changes of governed rows, made without an event, wait to be reported. Run this again in two minutes."
        yield Finding("unattributed_change", words, None)


def _rows(size: int) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        for first in range(0, size, AT_ONCE):
            cursor.execute(ROWS, [first, min(size, first + AT_ONCE)])
            yield from cursor.fetchall()


def _verifiers() -> Iterator[tuple[bytes, Callable[[bytes, bytes], bool]]]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for text in public_keys():
        name, public = notes.parsed_vkey(text)
        key = Ed25519PublicKey.from_public_bytes(public)

        def verifies(signature: bytes, message: bytes, key: Ed25519PublicKey = key) -> bool:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                return False
            return True

        yield notes.key_id(name, public), verifies
