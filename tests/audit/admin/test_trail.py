"""The trail in the admin: read by those who review, touched by nobody."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events.services import act
from audit.models import LedgerEvent
from portal.foundation.base_models import save_tracked
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/ledgerevent/"


def signed_in(*roles: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(person("Rae", roles=roles, **fields))
    return client


def rename(now: Any, to: str, why: str = "married") -> LedgerEvent:
    ana = person("Ana Ruiz")
    with act("user.renamed", actor=ana, now=now, subject=ana, why=why):
        ana.display_name = to
        save_tracked(ana, actor=ana, now=now, reason=why)
    return LedgerEvent.objects.get(type="user.renamed", object_pk=str(ana.pk))


def test_one_line_tells_who_did_what_to_what_and_why(now: Any) -> None:
    rename(now, "Ana Berg")
    answer = signed_in("compliance").get(LIST).content.decode()
    for part in ("Ana Berg", "renamed", "married", "user Ana"):
        assert part in answer


def test_an_event_shows_before_and_after_in_words(now: Any) -> None:
    event = rename(now, "Ana Berg")
    answer = signed_in("auditor").get(f"{LIST}{event.pk}/change/").content.decode()
    assert "<td>Ana Ruiz</td><td>Ana Berg</td>" in answer


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_hostile_names_and_reasons_are_shown_as_text(text: str, now: Any) -> None:
    event, client = rename(now, text, why=text), signed_in("compliance")
    for address in (LIST, f"{LIST}{event.pk}/change/"):
        answer = client.get(address).content.decode()
        assert "<script>alert" not in answer
        assert "<img src=x" not in answer


@pytest.mark.parametrize("superuser", [True, False])
def test_nobody_adds_changes_or_removes(superuser: bool, now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in("compliance", is_superuser=superuser)
    before = LedgerEvent.objects.values_list("pk", "payload").get(pk=event.pk)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{event.pk}/change/", {"payload": "{}"}).status_code == 405
    assert client.post(f"{LIST}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})
    assert LedgerEvent.objects.values_list("pk", "payload").get(pk=event.pk) == before


@pytest.mark.parametrize("role", ["responder", "manager", "approver", "administrator", "stakeholder"])
def test_the_trail_is_for_those_who_review(role: str, now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in(role)
    assert client.get(LIST).status_code == 403
    assert b"Ana Ruiz" not in client.get(f"{LIST}{event.pk}/change/").content


def test_filters_narrow_by_verb_person_and_thing(now: Any) -> None:
    first, second, client = rename(now, "Ana Berg"), rename(now, "Ana Bell"), signed_in("compliance")

    def shown(query: str) -> bool:
        content = client.get(f"{LIST}?{query}").content.decode()
        return "Ana Bell" in content and f"{LIST}{first.pk}/change/" not in content

    assert shown(f"actor_id={second.actor_id}&type=user.renamed")
    assert shown(f"object_model=portal.user&object_pk={second.object_pk}")
    assert shown(f"q={second.event_id}")


@pytest.mark.parametrize("term", ["9" * 40, "'; DROP TABLE x; --", "%00", "\U0001f600", "0x10", "-5", "٣"])
def test_any_search_term_is_answered(term: str, now: Any) -> None:
    rename(now, "Ana Berg")
    assert signed_in("compliance").get(LIST, {"q": term}).status_code == 200


def test_the_list_costs_the_same_however_long_the_trail(now: Any) -> None:
    client = signed_in("compliance")
    counts = []
    for rows in (2, 60):
        for position in range(rows):
            rename(now, f"Ana {position}")
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14


def test_the_sealers_signs_of_life_are_left_out_and_the_page_says_so(now: Any) -> None:
    with act("ledger.heartbeat", actor=None, now=now, why="7 events are in the ledger.") as running:
        running.details = {"events": 7}
    client = signed_in("compliance")
    shown = client.get(LIST).content.decode()
    assert "7 events are in the ledger." not in shown
    assert 'href="?routine=shown">Show them</a>' in shown
    for query in ("?routine=shown", "?type=ledger.heartbeat"):
        full = client.get(f"{LIST}{query}").content.decode()
        assert ("7 events are in the ledger." in full, "Show them" in full) == (True, False)
    assert not LedgerEvent.objects.filter(type="trail.searched", payload__contains="routine").exists()
