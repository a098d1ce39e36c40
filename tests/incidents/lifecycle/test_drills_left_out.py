"""A drill is in no figure, no list of what really happened, and in nobody's way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from incidents.lifecycle.opening import open_incident
from incidents.lifecycle.services import record_reading
from incidents.models import Incident
from policies.decisions.vocabulary import Severity
from reports.metrics.population import Population
from reports.metrics.queries import facts_of, last_event_at, quarters_with_incidents
from tests.factories.incidents import incident, policy_in_force, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@shared
def rehearsed() -> Incident:
    of = service("Card payments")
    policy_in_force(of, NOW - DAY, (("SEV2", "transaction_failure_percent", "5", 1),))
    return open_incident(
        title="DRILL: cards fail", service=of, impact=1, urgency=1, actor=None, now=NOW, origin="drill", rehearsed=Severity.SEV2
    )


def test_a_drill_has_the_severity_it_rehearses_and_no_marker() -> None:
    of = service("Ledger", regulated=True)
    made = open_incident(title="DRILL", service=of, impact=1, urgency=1, actor=None, now=NOW, origin="drill", rehearsed=Severity.SEV1)
    assert (made.severity, made.regulated) == ("SEV1", False)


def test_a_drill_is_in_no_figure_of_the_pack(rehearsed: Incident) -> None:
    assert list(facts_of(Population(NOW - DAY, NOW + DAY))) == []
    assert last_event_at(Population(NOW - DAY, NOW + DAY)) is None
    assert quarters_with_incidents() == []


def test_a_real_reading_does_not_join_a_drill(rehearsed: Incident) -> None:
    _, declared = record_reading(
        rehearsed.service, measure="transaction_failure_percent", value=Decimal(9), observed_at=NOW, actor=None, now=NOW
    )
    assert declared is not None
    assert declared.pk != rehearsed.pk


def test_lists_show_drills_only_when_asked(rehearsed: Incident, client: Client) -> None:
    real = incident(NOW, service=rehearsed.service, title="Cards really fail")
    client.force_login(person(roles=("responder",)))
    listing, api = reverse("admin:incidents_incident_changelist"), "/api/v1/incidents/"
    for address, asked in ((listing, "origin__exact=drill"), (api, "origin=drill")):
        usual, drills = client.get(address).content.decode(), client.get(f"{address}?{asked}").content.decode()
        assert real.number in usual
        assert rehearsed.number not in usual
        assert rehearsed.number in drills
    page = client.get(reverse("admin:incidents_incident_change", args=[rehearsed.pk]))
    assert page.status_code == 200
