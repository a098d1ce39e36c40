"""The trail in the admin: read by those who review, touched by nobody."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events.services import act
from audit.models import LedgerEvent, SavedView
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

    assert shown(f"person={second.actor_id}&type=user.renamed")
    assert shown(f"actor_id={second.actor_id}&type=user.renamed")
    assert shown(f"object_model=portal.user&object_pk={second.object_pk}")


def test_what_is_typed_in_full_leads_to_it(now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in("compliance")
    for typed in (str(event.event_id), f"#{event.pk}"):
        assert client.get(LIST, {"text": typed}).headers["Location"] == f"{LIST}{event.pk}/change/"


def test_names_that_are_typed_become_people_and_things(now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in("compliance")
    assert f"person={event.actor_id}" in client.get(LIST, {"who": "ana berg", "type": "user.renamed"}).headers["Location"]
    person("Ana Bell")
    assert "Which one?" in client.get(LIST, {"who": "Ana"}).content.decode()
    nobody = client.get(LIST, {"who": "Zoë"})
    assert (nobody.status_code, "Nobody is called so." in nobody.content.decode()) == (400, True)


def test_any_search_term_is_answered(now: Any) -> None:
    rename(now, "Ana Berg")
    client = signed_in("compliance")
    for term in ("9" * 40, "'; DROP TABLE x; --", "%00", "0x10", "-55", "x" * 60):
        assert client.get(LIST, {"q": term}).status_code == 200, term


def test_what_cannot_be_searched_for_is_said_in_words(now: Any) -> None:
    client = signed_in("compliance")
    hostile = ["colour=red", "since=yesterday", "text=%00", "who=%00", "about=a%00", "type=%3Cscript%3E", "view=99", "view=x", "before=-1"]
    for query in (*hostile, "after=99999999999999999999", "person=" + "9" * 300, "since=9999-12-31T23:59:59-12:00"):
        answer = client.get(f"{LIST}?{query}")
        assert (answer.status_code, b"Show everything" in answer.content) == (400, True), query
    for query in ("who=a", "view=99", "text=%00", "before=x"):
        assert client.post(f"{LIST}export/?{query}", {"form": "csv"}).status_code == 302, query
        assert client.get(f"{LIST}story/?{query}").status_code == 400, query


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
    assert counts[0] == counts[1] <= 24


def test_the_sealers_signs_of_life_are_left_out_and_the_page_says_so(now: Any) -> None:
    with act("ledger.heartbeat", actor=None, now=now, why="7 events are in the ledger.") as running:
        running.details = {"events": 7}
    client = signed_in("compliance")
    shown = client.get(LIST).content.decode()
    assert "7 events are in the ledger." not in shown
    assert "routine=shown" in shown
    for query in ("?routine=shown", "?type=ledger.heartbeat"):
        full = client.get(f"{LIST}{query}").content.decode()
        assert ("7 events are in the ledger." in full, "Show them" in full) == (True, False)
    assert not LedgerEvent.objects.filter(type="trail.searched", payload__contains="routine").exists()


def test_a_line_opens_with_before_and_after_and_where_it_came_from(now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in("auditor")
    opened = client.get(f"{LIST}{event.pk}/line/").content.decode()
    for part in (
        "<td>Ana Ruiz</td><td>Ana Berg</td>",
        "married",
        "UTC",
        "not sealed yet",
        f"story/?object=portal.user%3A{event.object_pk}",
    ):
        assert part in opened
    assert client.get(f"{LIST}999999/line/").status_code == 404


def test_the_story_of_a_thing_begins_with_its_first_event_and_costs_the_same_however_long(now: Any) -> None:
    ana, client = person("Ana Ruiz"), signed_in("compliance")
    counts = []
    for rows in (2, 40):
        for number in range(rows):
            with act("user.renamed", actor=ana, now=now, subject=ana, why=f"No. {len(counts)}.{number}"):
                ana.display_name = f"Ana {rows}.{number}"
                save_tracked(ana, actor=ana, now=now)
        client.get(f"{LIST}story/?object=portal.user:{ana.pk}")
        with CaptureQueriesContext(connection) as captured:
            told = client.get(f"{LIST}story/?object=portal.user:{ana.pk}").content.decode()
        counts.append(len(captured))
    assert told.index("No. 0.0") < told.index("No. 0.1") < told.index("No. 1.0")
    assert counts[0] == counts[1]


def test_filters_are_kept_as_a_view_and_changed_as_its_next_version(now: Any) -> None:
    rename(now, "Ana Berg")
    client = signed_in("compliance")
    kept = client.post(f"{LIST}keep/?type=user.renamed", {"name": "Renamed", "purpose": "Monthly", "shared": "on"})
    view = SavedView.objects.get()
    assert (kept.headers["Location"], view.is_shared, view.current.parsed.type) == (f"{LIST}?view={view.pk}", True, ("user.renamed",))
    assert "Ana Berg" in client.get(f"{LIST}?view={view.pk}").content.decode()
    assert "changed and not kept" in client.get(f"{LIST}?view={view.pk}&changed=1").content.decode()
    client.post(f"{LIST}keep/?view={view.pk}&changed=1&type=user.described", {"as": "version"})
    assert (view.current.number, view.current.parsed.type) == (2, ("user.described",))
    assert "Version 2" in client.get(f"/admin/audit/savedview/{view.pk}/change/").content.decode()
    assert "Renamed" in client.get("/admin/audit/savedview/").content.decode()


@pytest.mark.parametrize("role", ["responder", "administrator"])
def test_no_way_to_the_trail_is_open_to_others(role: str, now: Any) -> None:
    event, client = rename(now, "Ana Berg"), signed_in(role)
    for way in (f"{LIST}{event.pk}/line/", f"{LIST}story/?object=portal.user:1", "/admin/audit/savedview/"):
        assert client.get(way).status_code == 403
    for way in (f"{LIST}export/", f"{LIST}keep/"):
        assert client.post(way, {"form": "csv", "name": "x"}).status_code == 403


def test_what_is_shown_is_taken_out_as_a_list(now: Any) -> None:
    rename(now, "Ana Berg")
    answer = signed_in("auditor").post(f"{LIST}export/?type=user.renamed", {"form": "csv"})
    assert "attachment" in answer.headers["Content-Disposition"]
    assert b"User: renamed" in b"".join(answer.streaming_content)
