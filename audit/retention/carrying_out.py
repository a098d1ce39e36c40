"""Removing what two people let go: a thousand entries a transaction, each with the event that names them.

Killed at any point it has removed what its events say and nothing else; the next pass goes on with the rest.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from audit.events.naming import about_person
from audit.events.services import Act, act
from audit.ledger import personal
from audit.ledger.models import ForgottenSubject, PersonalCard
from audit.ledger.personal import Personal
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.people.nameless import make_nameless

from .holds import alone_with_holds, hold_on_person, hold_on_removal
from .models import Removal, RemovalRange
from .own_words import forget_own_words
from .ranges import WIDEST, digest, portions

logger = logging.getLogger(__name__)
VERBS = {Removal.Kind.PRUNING: "retention.pruned", Removal.Kind.ERASURE: "erasure.done"}
HASHES = """
SELECT l.hash FROM audit_ledgerleaf l JOIN audit_ledgerevent e ON e.id = l.event WHERE l."index" >= %s AND l."index" <= %s ORDER BY l."index"
"""
GOING = 'DELETE FROM audit_ledgerevent WHERE id IN (SELECT event FROM audit_ledgerleaf WHERE "index" >= %s AND "index" <= %s)'


def carry_out_all(*, now: datetime) -> int:
    """Goes on with every removal that is under way and not held, and erases cards that came back; how many entries and cards went."""
    under_way = Removal.objects.filter(approved_at__isnull=False, done_at=None, closed_at=None).order_by("pk")
    gone = 0
    with each_alone("Removals") as alone:
        for removal in under_way:
            with alone(f"removal {removal.pk}"):
                gone += carry_out(removal, now=now)
        with alone("cards that came back"):
            gone += erase_returned_cards()
    return gone


def carry_out(removal: Removal, *, now: datetime) -> int:
    """Removes what `removal` names, as long as no hold is in the way; how many entries and cards went. May be repeated."""
    gone = 0
    with _overwritten():
        while (went := _step(removal.pk, now)) is not None:
            gone += went
    # What this process remembers of cards must not outlive them.
    personal.forget()
    return gone


def erase_returned_cards() -> int:
    """Cards of forgotten people that another process wrote in the very moment of the erasure; how many. A hold keeps them, too."""
    of_forgotten = PersonalCard.objects.filter(subject__in=ForgottenSubject.objects.values("subject"))
    returned = of_forgotten.order_by().values_list("subject", flat=True).distinct()
    free = [subject for subject in returned if hold_on_person(subject) is None]
    return PersonalCard.objects.filter(subject__in=free).delete()[0]


def _step(key: int, now: datetime) -> int | None:
    """One transaction: at most a thousand entries, and with an erasure's the cards. None when nothing more may go now."""
    removal = Removal.objects.get(pk=key)
    with act(VERBS[Removal.Kind(removal.kind)], actor=None, now=now, subject=removal, why=removal.reason) as running:
        alone_with_holds()
        removal = Removal.objects.select_for_update().get(pk=key)
        waiting = list(removal.ranges.filter(done_at=None).order_by("first")[: WIDEST + 1])
        some = next(portions((one.first, one.last) for one in waiting), [])
        ranges = waiting[: len(some)]
        if not removal.is_under_way or hold_on_removal(removal, until=max((one.last for one in ranges), default=0)) is not None:
            running.nothing_happened()
            return None
        running.details = _told(removal, ranges)
        gone = _remove(ranges, running, now)
        if removal.kind == Removal.Kind.ERASURE:
            gone += _forget(removal, running, now)
        if len(ranges) == len(waiting):
            removal.done_at = now
            save_tracked(removal, actor=None, now=now, reason=removal.reason)
    return gone


def _told(removal: Removal, ranges: list[RemovalRange]) -> dict[str, Any]:
    """What the event says beside how much went: docs/ledger-format.md, section 6."""
    asked_by, approved_by = removal.asked_by, removal.approved_by
    told = {
        "removal": removal.pk,
        "ranges": [[one.first, one.last] for one in ranges],
        "asked_by": Personal(about_person(asked_by.pk), str(asked_by)),
        "asked_by_id": str(asked_by.pk),
    }
    if approved_by is not None:
        told |= {"approved_by": Personal(about_person(approved_by.pk), str(approved_by)), "approved_by_id": str(approved_by.pk)}
    return told | ({"policy": removal.policy} if removal.policy else {}) | ({"subject": removal.subject} if removal.subject else {})


def _remove(ranges: list[RemovalRange], running: Act, now: datetime) -> int:
    """Payloads go, leaves stay. First the payloads, for the database lets them go only while their range is not done."""
    hashes: list[bytes] = []
    with connection.cursor() as cursor:
        for one in ranges:
            cursor.execute(HASHES, [one.first, one.last])
            hashes += [bytes(leaf) for (leaf,) in cursor.fetchall()]
            cursor.execute(GOING, [one.first, one.last])
    RemovalRange.objects.filter(pk__in=[one.pk for one in ranges]).update(done_at=now)
    running.details |= {"entries": len(hashes), "digest": digest(hashes)}
    return len(hashes)


def _forget(removal: Removal, running: Act, now: datetime) -> int:
    """The person's cards go, no new ones are written, the account and its history lose its name, and what the person said of themselves goes."""
    user = get_user_model().objects.filter(pk=removal.subject.partition(":")[2]).first()
    # First of all, for some are found by the person's names.
    words = forget_own_words(user.pk) if user is not None else 0
    ForgottenSubject.objects.get_or_create(subject=removal.subject, defaults={"since": now})
    cards = PersonalCard.objects.filter(subject=removal.subject).delete()[0]
    # An event of this very transaction must not find the token of a card that went.
    personal.forget()
    rows = make_nameless(user) if user is not None else 0
    running.details |= {"cards": cards, "account_rows": rows, "own_words": words}
    return cards


@contextmanager
def _overwritten() -> Iterator[None]:
    """On SQLite what goes is overwritten with zeros, and the log that held it is emptied. PostgreSQL's VACUUM does that in its time."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        [before] = cursor.execute("PRAGMA secure_delete").fetchone()
        cursor.execute("PRAGMA secure_delete = ON")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA secure_delete = {int(before)}")
            if not connection.in_atomic_block:
                # Somebody who reads now keeps the log a little longer; the next pass empties it.
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
