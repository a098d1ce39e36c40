"""The trail is only ever added to, by whatever road one comes."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.events.services import act
from audit.events.stories import parsed
from audit.ledger.services import append, append_all
from audit.models import LedgerEvent
from portal.foundation import database_guards
from portal.foundation.canonical import canonical_json
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def test_an_act_leaves_one_event_with_every_change_inside(now: Any) -> None:
    ana = person("Ana Ruiz")
    with act("person.renamed", actor=ana, now=now, subject=ana, why="married"):
        ana.display_name = "Ana Berg"
        ana.save()
    event = LedgerEvent.objects.get(type="person.renamed")
    assert (event.actor_id, event.object_model, event.object_pk) == (str(ana.pk), "portal.user", str(ana.pk))
    (change,) = parsed(event.payload)["changes"]
    assert (change["before"], change["after"]) == ({"display_name": "Ana Ruiz"}, {"display_name": "Ana Berg"})


def rename_and_fail(ana: Any, now: Any) -> None:
    with act("person.renamed", actor=ana, now=now, subject=ana):
        ana.display_name = "Nobody"
        ana.save()
        raise ZeroDivisionError


def test_an_act_that_fails_leaves_nothing(now: Any) -> None:
    ana = person("Ana")
    events = LedgerEvent.objects.count()
    with pytest.raises(ZeroDivisionError):
        rename_and_fail(ana, now)
    ana.refresh_from_db()
    assert (ana.display_name, LedgerEvent.objects.count()) == ("Ana", events)


def test_a_governed_row_saved_without_a_service_is_an_event_too() -> None:
    ana = person("Ana")
    ana.display_name = "Ana Maria"
    ana.save()
    assert LedgerEvent.objects.filter(type="record.changed", object_pk=str(ana.pk)).count() == 1


def test_passwords_never_reach_the_trail() -> None:
    ana = person("Ana", password="correct horse battery")
    ana.set_password("another long secret")
    ana.save()
    told = LedgerEvent.objects.values_list("payload", flat=True)
    assert not any(secret in payload for payload in told for secret in ("battery", "another long secret", ana.password))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_ledgerevent SET payload = '{}'",
        "DELETE FROM audit_ledgerevent",
        "INSERT OR REPLACE INTO audit_ledgerevent (id, event_id, recorded_at, payload) SELECT id, event_id, recorded_at, '{}' FROM audit_ledgerevent",
        "TRUNCATE audit_ledgerevent",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_event(statement: str) -> None:
    if (statement.startswith("TRUNCATE") and connection.vendor == "sqlite") or (
        "OR REPLACE" in statement and connection.vendor != "sqlite"
    ):
        pytest.skip("not a statement of this database")
    person("Ana")
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_guard_is_installed() -> None:
    assert database_guards.missing() == []


def test_an_events_number_stands_where_canonical_json_has_it(now: Any) -> None:
    event = {
        "type": "test.event",
        "obj": {"model": "x.y", "pk": "1", "repr": "Größe", "zone": "UTC"},
        "why": 'ß, "seq":"',
        "details": {"seq": 7},
        "actor": {"id": "é"},
    }
    with transaction.atomic():
        append(event, now=now)
        append_all([event, event], now=now)
        append(event, now=now)
    payloads = LedgerEvent.objects.filter(object_model="x.y").order_by("id").values_list("payload", "object_seq")
    assert [number for _, number in payloads] == [1, 2, 3, 4]
    for payload, number in payloads:
        content = json.loads(payload)
        assert content["obj"] == {"model": "x.y", "pk": "1", "repr": "Größe", "seq": number, "zone": "UTC"}
        assert canonical_json(content).decode() == payload
