"""Markers and business facts on the pages of incidents, and who judged by which rules."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from incidents.escalation.engine import run_cycle
from incidents.models import Incident
from policies.models import CustomerSegment
from policies.severity.models import OwnMeasure
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import person

from .pages import LIST, do, page, queries_of, signed_in

pytestmark = pytest.mark.django_db


def opening(service: Any, **fields: Any) -> dict[str, Any]:
    return {"title": "Leak", "service": service.pk, "impact": 3, "urgency": 2, "description": "", "regulatory_exposure": 0, **fields}


def test_opening_takes_markers_and_what_it_costs() -> None:
    service, segment = make.service(), CustomerSegment.objects.create(name="Hospitals", criticality=3)
    data = opening(
        service,
        data_breach="on",
        labels="VIP, year-end,",
        segment=segment.pk,
        revenue_loss_per_hour="2500",
        revenue_currency="eur",
        regulatory_exposure=3,
    )
    assert signed_in("responder").post(f"{LIST}add/", data).status_code == 302
    incident = Incident.objects.get()
    assert (incident.data_breach, incident.personal_data, incident.regulated) == (True, False, False)
    assert (incident.labels, incident.segment, incident.regulatory_exposure) == (["vip", "year-end"], segment, 3)
    assert (incident.revenue_loss_per_hour, incident.revenue_currency) == (Decimal(2500), "EUR")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"revenue_loss_per_hour": "5"}, "Give the currency of the loss"),
        ({"revenue_currency": "EUR"}, "Give the loss with its currency"),
        ({"revenue_loss_per_hour": "5", "revenue_currency": "XYZ"}, "no currency code"),
        ({"revenue_loss_per_hour": "-5", "revenue_currency": "EUR"}, "Give an amount from 0"),
        ({"labels": "x" * 61}, "61 characters"),
        ({"regulatory_exposure": "9"}, "9 is not one of the available choices"),
        ({"segment": "999"}, "not one of the available choices"),
    ],
)
def test_facts_that_cannot_be_are_refused_at_their_field_of_the_form(fields: dict[str, Any], words: str) -> None:
    answer = signed_in("responder").post(f"{LIST}add/", opening(make.service(), description="typed", **fields))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "typed" in answer.content.decode()
    assert not Incident.objects.exists()


def test_facts_are_set_on_the_page_and_a_marker_cannot_be_taken_away(incident: Incident) -> None:
    client = signed_in("responder")
    assert do(client, incident, "facts", personal_data="on", labels="vip").status_code == 400, "words are needed"
    assert do(client, incident, "facts", personal_data="on", labels="vip", reason="Seen in the log").status_code == 302
    incident.refresh_from_db()
    assert (incident.personal_data, incident.labels) == (True, ["vip"])
    answer = client.get(page(incident)).content.decode()
    assert '<span class="inc-marker">Personal data</span>' in answer
    assert "Labels vip" in answer
    # The box is left out, as a browser sends an empty one; the labels are.
    assert do(client, incident, "facts", labels="", reason="No VIP after all").status_code == 302
    incident.refresh_from_db()
    assert (incident.personal_data, incident.labels) == (True, [])


def test_the_page_says_part_by_part_who_judged(incident: Incident) -> None:
    answer = signed_in("manager").get(page(incident)).content.decode()
    assert "<h2>Judged by</h2>" in answer
    assert "<dt>Severity criteria</dt>" in answer
    assert f"/admin/policies/policyversion/{incident.policy_version_id}/change/" in answer
    assert "the only one that says something (for one service)" in answer


def test_the_page_costs_the_same_with_one_version_and_with_two(incident: Incident, counted: Any) -> None:
    client = signed_in("commander", is_superuser=True)
    few = queries_of(client, page(incident), counted)
    house = policies.draft(policies.policy(scope="global", name="House rules"), now=clock.now() - timedelta(minutes=1))
    policies.level(house, 1, person("On call"))
    policies.approve(house, now=clock.now() - timedelta(seconds=30))
    now = clock.now()
    second = make.incident(now, service=incident.service, readings=[make.reading("7.2", now)])
    run_cycle(now=now)
    assert len(second.rule_versions) == 2
    assert queries_of(client, page(second), counted) == few


def test_the_list_is_filtered_by_marker(now: Any) -> None:
    marked, plain, client = make.incident(now, regulated=True), make.incident(now), signed_in("responder")
    for chosen in ("regulated", "any"):
        answer = client.get(f"{LIST}?marked={chosen}").content.decode()
        assert marked.number in answer
        assert plain.number not in answer
    assert client.get(f"{LIST}?marked=nonsense").status_code == 200


def test_forms_offer_measures_of_our_own(incident: Incident) -> None:
    OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders", highest=100)
    client = signed_in("responder")
    for address in (f"{LIST}add/", f"{LIST}{incident.pk}/do/reading/", "/admin/incidents/impactreading/add/"):
        assert "Orders waiting (orders)" in client.get(address).content.decode()
    assert do(client, incident, "reading", measure="orders_waiting", value="101").status_code == 400
    assert do(client, incident, "reading", measure="orders_waiting", value="50").status_code == 302
    assert "Orders waiting 50 orders" in client.get(page(incident)).content.decode()
    assert "Orders waiting 50 orders" in client.get("/admin/incidents/impactreading/").content.decode()
