"""The numbers of a thing's or a request's events: in order, from one end or the other, and by the index that has them so."""

import json
import random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.ledger.services import append_all
from audit.models import LedgerEvent
from audit.reading import things
from audit.reading.filters import Filters
from audit.reading.things import older_of_request, window

pytestmark = pytest.mark.django_db


def happened(now: Any, *deeds: tuple[str, str]) -> None:
    """Events about things, in requests."""
    told = [
        {
            "type": "incident.noted",
            "ctx": {"channel": "job", "request_id": request},
            "obj": {"model": "incidents.incident", "pk": key, "repr": key},
        }
        for key, request in deeds
    ]
    with transaction.atomic():
        append_all(told, now=now)


@pytest.mark.parametrize("seed", range(8))
def test_windows_follow_each_other_and_lack_nothing(seed: int, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(things, "FEWEST", 3)
    chance = random.Random(seed)
    happened(now, *((str(chance.choice([1, 1, 1, 2, 3])), chance.choice(["a", "b", "b"])) for _ in range(60)))
    keys, request = chance.sample(["1", "2", "3", "4"], chance.randrange(3)), chance.choice(["", "b", "c"])
    filters = Filters(object=tuple(f"incidents.incident:{key}" for key in keys), request=request or ("" if keys else "a"))
    looked = [
        event.pk
        for event in LedgerEvent.objects.order_by("-pk")
        if (not keys or event.object_pk in keys) and (not filters.request or event.request_id == filters.request)
    ]
    for upward in (False, True):
        found, at = [], (0 if upward else None)
        for _ in range(100):
            some = window(filters, 7, after=at) if upward else window(filters, 7, before=at)
            found += some.numbers
            at = some.ended
            if at is None:
                break
        assert found == (looked[::-1] if upward else looked)


def test_a_database_that_knows_how_much_is_of_a_request_reads_no_others(now: Any) -> None:
    happened(now, *((str(number), f"r{number}") for number in range(1_000)), *((str(number), "import1") for number in range(60)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    asked = [
        *(("ledger_of_request", Filters(request="import1"), at) for at in ({}, {"after": 0}, {"before": 10**9})),
        *(("ledger_object", Filters(object=("incidents.incident:7",)), at) for at in ({}, {"after": 0}, {"before": 10**9})),
    ]
    for index, filters, at in asked:
        with CaptureQueriesContext(connection) as captured:
            window(filters, 51, **at)
        assert index in plan(captured[0]["sql"]), (filters, at)
    with CaptureQueriesContext(connection) as captured:
        assert len(older_of_request("import1", "incident.noted", before=10**9, most=50)) == 50
    assert "ledger_of_request" in plan(captured[0]["sql"])


def plan(sql: str) -> str:
    """What the database means to do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Where everything fits on a few pages, reading all of them is as good.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
        return json.dumps(cursor.fetchall())
