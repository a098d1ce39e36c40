"""Appending to the ledger. There is no other verb."""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from portal.foundation import clock
from portal.foundation.canonical import canonical_json
from portal.foundation.many_rows import insert_all, made
from portal.foundation.registry import Registry

from . import one_event
from .models import LedgerEvent
from .personal import with_seals

VERSION = 2
# What is told later than this says when it was written, too.
TOLD_AT_ONCE = timedelta(seconds=60)
# In the order of the keys, so that no two transactions wait for each other.
NEXT_NUMBERS = """
INSERT INTO audit_ledgerobject (model, key, last) VALUES {rows}
ON CONFLICT (model, key) DO UPDATE SET last = audit_ledgerobject.last + excluded.last RETURNING model, key, last
"""
MOST_OBJECTS = 250
Subject = tuple[str, str]
# Who hears of events as they are written, in their transaction: id and payload of each.
hearers: Registry[Callable[[Sequence[tuple[uuid.UUID, str]]], None]] = Registry("hearer of what is written")


def append(event: Mapping[str, Any], *, now: datetime) -> None:
    """Writes one event in the running transaction, so that it stands or falls with what it tells.

    Raises RuntimeError outside a transaction and ValueError when the event has no canonical form.
    """
    _refuse_outside_a_transaction()
    content, event_id = _completed(with_seals([event])[0], now)
    payload = one_event.write(content, columns_of(content), event_id, now)
    for _, hear in hearers:
        hear([(event_id, payload)])


def append_all(events: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """The same for several, in this order, in one statement. An event about an object gets that object's next number."""
    _refuse_outside_a_transaction()
    contents = with_seals(events)
    numbers = _next_numbers(subject for content in contents if (subject := _subject(content)))
    rows = [_as_row(content, numbers, now) for content in contents]
    insert_all(rows)
    for _, hear in hearers:
        hear([(row.event_id, row.payload) for row in rows])


def _refuse_outside_a_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit event must be written in the transaction of what it tells.")


def _as_row(content: dict[str, Any], numbers: dict[Subject, int], now: datetime) -> LedgerEvent:
    subject = _subject(content)
    if subject:
        numbers[subject] += 1
        content["obj"] = {**content["obj"], "seq": numbers[subject]}
    content, event_id = _completed(content, now)
    payload = canonical_json(content).decode("utf-8")
    return made(LedgerEvent, event_id=event_id, recorded_at=now, payload=payload, **columns_of(content))


def _completed(content: dict[str, Any], now: datetime) -> tuple[dict[str, Any], uuid.UUID]:
    """With version, id and times; and the id."""
    event_id = _uuid7(now)
    content |= {"v": VERSION, "id": str(event_id), "ts": utc_text(now)}
    written = clock.now()
    if abs(written - now) > TOLD_AT_ONCE:
        content["rec"] = utc_text(written)
    return content, event_id


def columns_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The searchable columns of an event with this content."""
    subject = content.get("obj") or {}
    return {
        "type": content.get("type", ""),
        "actor_id": (content.get("actor") or {}).get("id", ""),
        "object_model": subject.get("model"),
        "object_pk": subject.get("pk"),
        "object_seq": subject.get("seq"),
        "request_id": (content.get("ctx") or {}).get("request_id"),
    }


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, always 27 characters."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _subject(content: Mapping[str, Any]) -> Subject | None:
    subject = content.get("obj")
    return (subject["model"], subject["pk"]) if subject else None


def _next_numbers(subjects: Iterable[Subject]) -> dict[Subject, int]:
    """How many events each of these objects had before. Their rows stay locked until the transaction ends."""
    wanted = sorted(Counter(subjects).items())
    before: dict[Subject, int] = {}
    with connection.cursor() as cursor:
        for at in range(0, len(wanted), MOST_OBJECTS):
            some = wanted[at : at + MOST_OBJECTS]
            statement = NEXT_NUMBERS.format(rows=", ".join(["(%s, %s, %s)"] * len(some)))
            cursor.execute(statement, [part for (model, key), count in some for part in (model, key, count)])
            last = {(model, key): number for model, key, number in cursor.fetchall()}
            before |= {subject: last[subject] - count for subject, count in some}
    return before


def _uuid7(now: datetime) -> uuid.UUID:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, then random, so that ids sort by time."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
