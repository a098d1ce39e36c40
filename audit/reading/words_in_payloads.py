"""Events that hold words, picked one by one: what no index of the database can say, for a time and not for years."""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from audit.ledger.models import LedgerEvent

from .tokens import words_of

AT_ONCE = 2_000


def with_words(events: QuerySet[LedgerEvent], words: Iterable[str]) -> QuerySet[LedgerEvent]:
    """Those of `events` that hold all of `words`. Reads all their payloads, once."""
    wanted = frozenset(words)
    rows = events.order_by().values_list("pk", "payload").iterator(AT_ONCE)
    return events.filter(pk__in=listed([pk for pk, payload in rows if holds(payload, wanted)]))


def holds(payload: str, wanted: frozenset[str]) -> bool:
    """Whether a stored event holds all of these words."""
    return may_hold(payload, wanted) and wanted <= words_of(json.loads(payload))


def may_hold(payload: str, wanted: frozenset[str]) -> bool:
    """Whether it is worth taking apart, which costs much more: in plain letters its words stand as they are looked for."""
    if not (wanted and payload.isascii()):
        return True
    lower = payload.lower()
    return all(word in lower for word in wanted)


def listed(keys: list[int]) -> RawSQL:
    """A query of these keys, given as one parameter: a database takes some thousands at most."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(keys)])
    return RawSQL("SELECT unnest(%s::bigint[])", [keys])
