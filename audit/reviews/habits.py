"""What people did before an entry, read for some entries at once, and so what is unusual about each. One query for the past, one for zones."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection

from audit.ledger.models import LedgerEvent
from portal.foundation.people.models import User

from .unusual import LOOKED_BACK, Earlier, Entry, unusual

# An address is a commitment: the same for the same address of the same person, and nothing to anybody else.
ADDRESS = {"sqlite": "json_extract(payload, '$.ctx.ip.sealed')", "postgresql": "payload::jsonb #>> '{ctx,ip,sealed}'"}
BEFORE = """
SELECT * FROM (SELECT CAST(%s AS bigint) AS before, type, recorded_at, {address} AS address FROM audit_ledgerevent
    WHERE actor_id = %s AND id < %s ORDER BY id DESC LIMIT %s) one{number}
"""
UTC_ZONE = ZoneInfo("UTC")


def unusual_of(events: Sequence[LedgerEvent]) -> dict[int, tuple[str, ...]]:
    """What is unusual about each of these, by key."""
    earlier = _earlier([event for event in events if event.actor_id])
    zones = _zones({event.actor_id for event in events})
    return {
        event.pk: unusual(_entry(event, zones.get(event.actor_id, UTC_ZONE)), earlier.get(event.pk, ()), by_person=bool(event.actor_id))
        for event in events
    }


def _entry(event: LedgerEvent, zone: ZoneInfo) -> Entry:
    content: dict[str, Any] = json.loads(event.payload)
    address = (content.get("ctx") or {}).get("ip")
    sealed = address.get("sealed", "") if isinstance(address, dict) else ""
    return Entry(event.type, event.recorded_at, zone, sealed, len(content.get("changes") or ()))


def _earlier(events: Sequence[LedgerEvent]) -> dict[int, list[Earlier]]:
    """What the same person did before each of these, the newest first."""
    if not events:
        return {}
    address = ADDRESS[connection.vendor]
    statement = " UNION ALL ".join(BEFORE.format(address=address, number=number) for number, _ in enumerate(events))
    found: dict[int, list[Earlier]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for event in events for value in (event.pk, event.actor_id, event.pk, LOOKED_BACK)])
        for before, kind, at, token in cursor.fetchall():
            found.setdefault(before, []).append(Earlier(kind, _moment(at), token or ""))
    return found


def _zones(keys: set[str]) -> dict[str, ZoneInfo]:
    numbers = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
    return {str(key): _zone(name) for key, name in User.objects.filter(pk__in=numbers).values_list("pk", "time_zone")}


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC_ZONE


def _moment(at: Any) -> datetime:
    """SQLite hands out times without a zone, or as text."""
    moment: datetime = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
