"""The index is a work list for whoever signed in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge, resolve
from incidents.lifecycle.services import reopen
from incidents.models import EscalationRun, Incident
from portal.foundation.access.grants import grant
from portal.foundation.access.roles import ROLES
from portal.site.dashboard.queries import cards_for
from tests.factories import policies as rules
from tests.factories.incidents import incident, many_incidents, service
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


def titles(user: Any, now: datetime) -> list[str]:
    return [card.title for card in cards_for(user, now)]


def rows(user: Any, now: datetime, key: str) -> list[str]:
    return [row.text for card in cards_for(user, now) if card.key == key for row in card.rows]


@pytest.mark.parametrize("role", [role.key for role in ROLES])
def test_every_role_gets_a_page(role: str) -> None:
    client = Client()
    client.force_login(person("Somebody", roles=(role,)))
    page = client.get(reverse("admin:index"))
    assert page.status_code == 200
    assert b"work-card" in page.content


def test_an_approver_sees_what_others_submitted_and_not_their_own(now: datetime) -> None:
    both = person("Both", roles=("manager", "approver"))
    approver = person("Approver", roles=("approver",))
    version = rules.draft(author=both, now=now)
    rules.level(version, 1, person("On call"))
    rules.submit_version(version, actor=both, now=now, accepted="Known")
    assert rows(approver, now, "approvals") == [f"{version} by Both"]
    assert rows(both, now, "approvals") == []
    assert rows(both, now, "changes") == [f"{version}: waiting for approval"]


def test_live_incidents_stand_worst_first_and_ended_or_imported_ones_not_at_all(now: datetime) -> None:
    shop = service("Shop")
    many_incidents(1, now, shop, state="resolved", resolved_at=now)
    many_incidents(1, now, shop, origin="imported")
    mild = incident(now, service=shop, title="Mild", impact=3, urgency=3)
    bad = incident(now, service=shop, title="Bad", impact=1, urgency=1)
    assert rows(person("Ana", roles=("responder",)), now, "live") == [str(bad), str(mild)]


@pytest.mark.parametrize(
    ("role", "severity", "loud"), [("responder", "SEV2", True), ("responder", "SEV3", False), ("auditor", "SEV1", False)]
)
def test_a_grave_incident_that_nobody_has_is_loud_for_whoever_can_take_it(role: str, severity: str, loud: bool, now: datetime) -> None:
    shop = service("Shop")
    incident(now, service=shop)
    Incident.objects.update(severity=severity)
    reader = person("Ana", roles=(role,))
    assert [card.loud for card in cards_for(reader, now) if card.key == "live"] == [loud]
    Incident.objects.update(acknowledged_at=now, acknowledged_by=reader, state="in_progress")
    assert [card.loud for card in cards_for(reader, now) if card.key == "live"] == [False]


def test_one_that_was_graded_stands_before_however_many_that_were_not(now: datetime) -> None:
    shop = service("Shop")
    bad = incident(now, service=shop, title="Bad", impact=3, urgency=3)
    Incident.objects.update(severity="SEV1")
    many_incidents(60, now, shop)
    assert rows(person("Ana", roles=("responder",)), now, "live")[0] == str(bad)


def test_a_stakeholder_sees_states_and_no_incident(now: datetime) -> None:
    shop = service("Shop")
    incident(now, service=shop, title="Secret diagnosis")
    grace = person("Grace", roles=("stakeholder",))
    assert titles(grace, now) == ["Status of services"]
    assert rows(grace, now, "status") == ["Shop: an incident is reported, and nobody has taken it yet"]


def test_the_status_says_how_far_an_incident_has_come_and_nobodys_name(now: datetime) -> None:
    shop, bank, ana, grace = (
        rules.service("Shop"),
        service("Bank"),
        person("Ana", roles=("responder",)),
        person("Grace", roles=("stakeholder",)),
    )
    contact(ana)
    rules.in_force(shop, [ana], now=now)
    down = incident(now, service=shop)
    run_cycle(now=now)
    seen = lambda: rows(grace, now, "status")  # noqa: E731
    assert seen() == ["Shop: an incident is reported, and somebody is being called", "Bank: working normally"]
    acknowledge(down, actor=ana, now=now)
    assert seen() == ["Shop: an incident is acknowledged and being worked on", "Bank: working normally"]
    Incident.objects.update(state="on_hold")
    assert seen()[0] == "Shop: an incident is on hold"
    incident(now, service=bank)
    many_incidents(2, now, bank, state="in_progress", acknowledged_at=now)
    assert seen()[0] == "Bank: incidents: 1 reported, and nobody has taken it yet; 2 acknowledged and being worked on"


def test_while_people_are_called_again_the_status_does_not_say_that_somebody_works_on_it(now: datetime) -> None:
    shop, ana, grace = rules.service("Shop"), person("Ana", roles=("responder",)), person("Grace", roles=("stakeholder",))
    contact(ana)
    rules.in_force(shop, [ana], now=now)
    down = acknowledge(incident(now, service=shop), actor=ana, now=now)
    down, later = resolve(down, actor=ana, now=now, reason="Restarted."), now + timedelta(hours=1)
    reopen(down, actor=ana, now=later, reason="It is back.")
    run_cycle(now=later)
    assert rows(grace, later, "status") == ["Shop: an incident is reported, and somebody is being called"]


def test_an_escalation_that_reached_nobody_is_no_call(now: datetime) -> None:
    shop, grace = rules.service("Shop"), person("Grace", roles=("stakeholder",))
    rules.in_force(shop, [person("No phone")], now=now)
    incident(now, service=shop)
    run_cycle(now=now)
    assert rows(grace, now, "status") == ["Shop: an incident is reported, and nobody has taken it yet"]


def test_who_was_granted_one_service_sees_its_incidents_only(now: datetime) -> None:
    shop, bank = service("Shop"), service("Bank")
    ours = incident(now, service=shop, title="Ours")
    incident(now, service=bank, title="Theirs")
    guest = person("Guest")
    grant("policies.see_service_incidents", guest, shop)
    assert rows(guest, now, "live") == [str(ours)]


def test_an_escalation_that_reached_nobody_is_loud(now: datetime) -> None:
    shop = rules.service("Shop")
    rules.in_force(shop, [person("No phone")], now=now)
    lost = incident(now, service=shop)
    run_cycle(now=now)
    assert EscalationRun.objects.get().state == "exhausted"
    loud = [card for card in cards_for(person("Ana", roles=("responder",)), now) if card.loud]
    assert [row.text for card in loud for row in card.rows] == [str(lost)]


def test_the_number_of_queries_does_not_grow_with_the_incidents(now: datetime) -> None:
    shop, ana = service("Shop"), person("Ana", roles=("commander",))
    contact(ana)
    many_incidents(1, now, shop, assigned_to=ana)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            cards_for(type(ana).objects.get(pk=ana.pk), now)
        return len(caught)

    few = queries()
    many_incidents(40, now, shop, assigned_to=ana)
    assert queries() == few


def test_whoever_reads_the_trail_sees_whether_it_is_sealed(now: datetime) -> None:
    seen = rows(person("Carla", roles=("compliance",)), now, "trail")
    assert seen[0] == "The ledger: not sealed"
    assert not rows(person("Rita", roles=("responder",)), now, "trail")
