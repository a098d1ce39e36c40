"""Appending to the ledger. There is no other verb."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from portal.foundation.canonical import canonical_json
from portal.foundation.many_rows import insert_all

from .models import LedgerEvent


def append(event: Mapping[str, Any], *, now: datetime) -> None:
    """Writes one event in the running transaction, so that it stands or falls with what it tells.

    Raises RuntimeError outside a transaction and ValueError when the event has no canonical form.
    """
    append_all([event], now=now)


def append_all(events: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """The same for several, in this order, in one statement."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit event must be written in the transaction of what it tells.")
    insert_all([_as_row(event, now) for event in events])


def _as_row(event: Mapping[str, Any], now: datetime) -> LedgerEvent:
    event_id = _uuid7(now)
    payload = {"v": 1, "id": str(event_id), "ts": utc_text(now), **event}
    return LedgerEvent(event_id=event_id, recorded_at=now, payload=canonical_json(payload).decode("utf-8"))


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, always 27 characters."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _uuid7(now: datetime) -> uuid.UUID:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, then random, so that ids sort by time."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
