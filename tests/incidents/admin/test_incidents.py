"""The pages of incidents: what they say, who may press what, and that they stay quick."""

from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from incidents.escalation.engine import run_cycle
from incidents.lifecycle import services
from incidents.models import ChangeRequest, ImpactReading, Incident, KnownError, Problem, TimelineEntry
from portal.foundation import clock
from portal.foundation.access.grants import grant
from tests.factories import incidents as make
from tests.factories.portal import person

from .pages import LIST, do, page, queries_of, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% debug %}",
    "javascript:alert(1)",
    "' OR 1=1 --",
    "=1+1",
]


def test_the_page_answers_how_bad_who_has_it_and_what_happens_next(incident: Incident) -> None:
    answer = signed_in("responder").get(page(incident)).content.decode()
    assert "SEV2 major" in answer
    assert "Nobody yet" in answer
    assert 'data-until="' in answer
    assert "Failed transactions 7.2 % is at least 5 %" in answer
    assert "<h2>Escalation</h2>" in answer
    assert 'aria-current="step"' in answer


def test_one_press_acknowledges_and_stops_the_countdown(incident: Incident) -> None:
    client = signed_in("responder")
    assert do(client, incident, "acknowledge").headers["Location"] == page(incident)
    incident.refresh_from_db()
    assert str(incident.assigned_to) == "Tom Berg"
    assert 'data-until="' not in client.get(page(incident)).content.decode()


def test_who_holds_it_is_not_asked_again_and_others_can_take_over(incident: Incident) -> None:
    client = signed_in("responder")
    do(client, incident, "acknowledge")
    assert "/do/acknowledge/" not in client.get(page(incident)).content.decode()
    assert ">Take over<" in signed_in("responder").get(page(incident)).content.decode()


def test_a_note_says_whose_words_they_are(incident: Incident) -> None:
    client = signed_in("responder")
    do(client, incident, "note", reason="Restarting now")
    assert "Note by Tom Berg" in client.get(page(incident)).content.decode()


def test_resolving_asks_for_words(incident: Incident) -> None:
    client = signed_in("responder")
    assert do(client, incident, "resolve", reason="").status_code == 400
    assert do(client, incident, "resolve", reason="Restarted the gateway").status_code == 302
    incident.refresh_from_db()
    assert (incident.state, incident.timeline.filter(why="Restarted the gateway").count()) == ("resolved", 1)
    assert not incident.runs.filter(state__in=["paging", "acknowledged"]).exists()


@pytest.mark.parametrize(
    ("verb", "data", "check"),
    [
        ("note", {"reason": "Looked"}, lambda incident: incident.timeline.filter(kind="note", text="Looked").exists()),
        ("reading", {"measure": "latency_ms", "value": "900"}, lambda incident: incident.readings.filter(measure="latency_ms").exists()),
        (
            "details",
            {"title": "Nothing works", "impact": 1, "urgency": 1, "description": "", "reason": "Worse"},
            lambda incident: (incident.title, incident.priority) == ("Nothing works", 1),
        ),
        ("cancel", {"reason": "A drill"}, lambda incident: incident.state == "cancelled"),
    ],
)
def test_the_other_verbs_do_what_they_say(incident: Incident, verb: str, data: Any, check: Any) -> None:
    assert do(signed_in("commander"), incident, verb, **data).status_code == 302
    incident.refresh_from_db()
    assert check(incident)


def test_problems_and_changes_are_linked_by_their_numbers(incident: Incident) -> None:
    client = signed_in("commander")
    Problem.objects.create(number="PRB-1", title="Memory leak")
    ChangeRequest.objects.create(number="CHG-1", title="New release")
    assert do(client, incident, "problem", problem="PRB-1").status_code == 302
    assert do(client, incident, "change", change="CHG-1", relation="caused").status_code == 302
    assert do(client, incident, "problem", problem="PRB-404").status_code == 400
    answer = client.get(page(incident)).content.decode()
    assert "PRB-1 Memory leak" in answer
    assert "CHG-1 New release" in answer


def test_a_reader_sees_no_buttons_and_cannot_press_them(incident: Incident) -> None:
    client = signed_in("auditor")
    answer = client.get(page(incident)).content.decode()
    assert "/do/" not in answer
    for verb in ("acknowledge", "resolve", "note", "cancel"):
        assert do(client, incident, verb, reason="x").status_code == 403
    incident.refresh_from_db()
    assert incident.state == "new"


@pytest.mark.parametrize("path", ["change/", "history/", "live/", "do/acknowledge/"])
def test_incidents_out_of_reach_show_nothing(path: str, now: Any) -> None:
    mine, other, eve = make.service(), make.service(), person("Eve")
    grant("policies.see_service_incidents", eve, mine)
    hidden, seen = make.incident(now, service=other, title="Hidden thing"), make.incident(now, service=mine)
    client = Client()
    client.force_login(eve)
    answer = client.get(f"{LIST}{hidden.pk}/{path}")
    assert answer.status_code in {302, 403, 404}
    assert b"Hidden thing" not in answer.content
    assert b"Hidden thing" not in client.get(LIST).content
    assert seen.number.encode() in client.get(LIST).content
    assert client.get(page(seen)).status_code == 200


def test_nothing_is_changed_by_posting_to_the_page(now: Any) -> None:
    incident = make.incident(now)
    assert signed_in(is_superuser=True).post(page(incident), {"state": "closed", "severity": "SEV4"}).status_code == 405
    incident.refresh_from_db()
    assert incident.state == "new"


def test_opening_by_hand_goes_through_the_same_service() -> None:
    service, client = make.service(), signed_in("responder")
    make.policy_in_force(service, clock.now() - timedelta(seconds=1), (("SEV1", "affected_users", "100", 1),))
    data = {
        "title": " Nobody can pay ",
        "service": service.pk,
        "impact": 1,
        "urgency": 1,
        "description": "",
        "measure": "affected_users",
        "value": "5000",
    }
    answer = client.post(f"{LIST}add/", {**data, "state": "closed", "severity": "SEV4", "number": "X"})
    incident = Incident.objects.get()
    assert answer.headers["Location"] == page(incident)
    assert (incident.title, incident.severity, incident.state, incident.number) == (
        "Nobody can pay",
        "SEV1",
        "new",
        f"INC-{incident.pk:06d}",
    )
    assert str(incident.opened_by) == "Tom Berg"


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "x" * 201), ("title", "nul\x00"), ("service", ""), ("service", "999"), ("impact", "9"), ("value", "-1")],
)
def test_a_form_that_cannot_be_used_comes_back_with_what_was_typed(field: str, value: str) -> None:
    service = make.service()
    data = {
        "title": "Nobody can pay",
        "service": service.pk,
        "impact": 1,
        "urgency": 1,
        "description": "typed",
        "measure": "latency_ms",
        "value": "5",
    }
    answer = signed_in("responder").post(f"{LIST}add/", {**data, field: value})
    assert answer.status_code == 200
    assert b"typed" in answer.content
    assert not Incident.objects.exists()


def test_hostile_text_is_shown_as_text() -> None:
    now, text = clock.now(), " ".join(HOSTILE)
    incident, client = make.incident(now, title=text, description=text), signed_in("compliance", is_superuser=True)
    services.add_note(incident, actor=None, now=now, text=text)
    error = KnownError.objects.create(title=text, symptom=text, workaround=text)
    error.services.add(incident.service)
    services.resolve(incident, actor=None, now=now, reason=text)
    for address in (
        page(incident),
        LIST,
        f"{LIST}{incident.pk}/history/",
        f"{LIST}{incident.pk}/live/",
        f"{LIST}{incident.pk}/do/note/",
        "/admin/audit/ledgerevent/",
    ):
        answer = client.get(address).content.decode()
        assert "<script>alert" not in answer
        assert "<img src=x" not in answer
        if address in (page(incident), LIST):
            assert "{{ 7*7 }}{% debug %}" in unescape(answer)


def test_an_exhausted_escalation_is_loud_until_somebody_takes_it(incident: Incident) -> None:
    client = signed_in("responder")
    run_cycle(now=clock.now() + timedelta(hours=3))
    run_cycle(now=clock.now() + timedelta(hours=6))
    assert "Nobody was reached" in client.get(page(incident)).content.decode()
    do(client, incident, "acknowledge")
    assert "Nobody was reached" not in client.get(page(incident)).content.decode()


def test_an_imported_record_offers_no_verbs_but_notes(now: Any) -> None:
    service = make.service()
    make.many_incidents(1, now, service, origin="imported", source_system="servicenow", state="closed")
    answer = signed_in("commander").get(page(Incident.objects.get())).content.decode()
    assert "Imported from servicenow" in answer
    assert "/do/acknowledge/" not in answer
    assert "/do/note/" in answer


def test_the_live_part_says_when_nothing_has_changed(incident: Incident) -> None:
    client = signed_in("responder")
    first = client.get(f"{LIST}{incident.pk}/live/")
    again = client.get(f"{LIST}{incident.pk}/live/", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    services.add_note(incident, actor=None, now=clock.now(), text="News")
    assert b"News" in client.get(f"{LIST}{incident.pk}/live/", headers={"If-None-Match": first["ETag"]}).content


def test_pages_hold_no_inline_script_and_their_files_exist(incident: Incident) -> None:
    answer = signed_in("responder").get(page(incident))
    assert "unsafe-inline" not in answer["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert finders.find("portal/incident.js")
    assert finders.find("portal/portal.css")


# The measured numbers of this theme and these pages, with a little room; more means that a line asks a question of its own.
MOST_QUERIES = {"list": 24, "page": 40, "history": 24}


def test_the_list_costs_the_same_with_one_and_with_fifty(now: Any, counted: Any) -> None:
    client = signed_in("responder")
    make.many_incidents(1, now, make.service(), assigned_to=person("Ana"))
    few = queries_of(client, LIST, counted)
    make.many_incidents(49, now, make.service(), assigned_to=person("Bea"), opened_by=person("Cid"))
    many = queries_of(client, LIST, counted)
    assert few == many <= MOST_QUERIES["list"]


def test_the_page_costs_the_same_with_a_short_and_a_long_story(incident: Incident, counted: Any) -> None:
    client = signed_in("commander", is_superuser=True)
    few = queries_of(client, page(incident), counted)
    now = clock.now()
    for position in range(12):
        services.add_note(incident, actor=None, now=now, text=f"note {position}")
        ImpactReading.objects.create(
            service=incident.service, incident=incident, measure="latency_ms", value=Decimal(5), observed_at=now, recorded_at=now
        )
        problem = Problem.objects.create(number=f"PRB-{position}", title="p")
        incident.problem_links.create(problem=problem)
        KnownError.objects.create(title=f"k{position}", symptom="s", workaround="w", problem=problem).services.add(incident.service)
    many = queries_of(client, page(incident), counted)
    assert few == many <= MOST_QUERIES["page"]


def test_the_history_costs_the_same_with_two_and_with_fifty_changes(now: Any, counted: Any) -> None:
    client, incident = signed_in("commander"), make.incident(now)
    people = [person(f"P{position}", roles=("responder",)) for position in range(12)]
    services.acknowledge(incident, actor=people[0], now=now)
    few = queries_of(client, f"{LIST}{incident.pk}/history/", counted)
    for position, who in enumerate(people[1:]):
        services.acknowledge(incident, actor=who, now=now + timedelta(minutes=position))
    many = queries_of(client, f"{LIST}{incident.pk}/history/", counted)
    assert few == many <= MOST_QUERIES["history"]


def test_a_story_of_days_shows_its_latest_part_first(now: Any) -> None:
    incident, client = make.incident(now), signed_in("responder")
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident, kind="note", at=now + timedelta(seconds=position), recorded_at=now, actor_name="x", text=f"entry {position};"
        )
        for position in range(1, 300)
    )
    answer = client.get(page(incident)).content.decode()
    assert "entry 299;" in answer
    assert "entry 5;" not in answer
    assert "entry 5;" in client.get(page(incident) + "?show=&all").content.decode()


@pytest.mark.parametrize("model", ["problem", "knownerror", "changerequest", "impactreading"])
def test_the_rooms_beside_have_working_pages(model: str) -> None:
    client = signed_in("commander", "manager")
    assert client.get(reverse(f"admin:incidents_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:incidents_{model}_add")).status_code == 200


def test_a_reading_by_hand_can_declare_an_incident() -> None:
    service = make.service()
    make.policy_in_force(service, clock.now() - timedelta(seconds=1), (("SEV1", "downtime_minutes", "10", 1),))
    answer = signed_in("responder").post(
        "/admin/incidents/impactreading/add/", {"service": service.pk, "measure": "downtime_minutes", "value": "15"}
    )
    assert answer.status_code == 302
    assert Incident.objects.get().severity == "SEV1"


def test_readings_are_never_edited(now: Any) -> None:
    incident = make.incident(now, readings=[make.reading("5", now)])
    reading = ImpactReading.objects.get()
    client = signed_in("responder", is_superuser=True)
    client.post(
        f"/admin/incidents/impactreading/{reading.pk}/change/", {"service": incident.service_id, "measure": "latency_ms", "value": "1"}
    )
    reading.refresh_from_db()
    assert reading.measure == "transaction_failure_percent"
