"""Giving and taking rights is an event, whoever does it and however."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.models import Incident
from policies.models import Service
from portal.foundation.access.checks import may, visible_to
from portal.foundation.access.grants import grant, withdraw
from portal.models import User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return Service.objects.create(name="Card payments", key="card-payments")


def events(type_: str) -> list[dict[str, Any]]:
    return [parsed(event.payload) for event in LedgerEvent.objects.filter(type=type_).order_by("id")]


def test_a_grant_on_one_service_is_recorded_with_its_holder(service: Service) -> None:
    tom = person("Tom Berg")
    grant("policies.work_service_incidents", tom, service)
    withdraw("policies.work_service_incidents", tom, service)
    assert [event["details"]["rights"] for event in events("right.granted")] == [["work_service_incidents to Tom Berg"]]
    assert events("right.withdrawn")[0]["obj"]["pk"] == str(service.pk)


def test_a_role_given_and_cleared_is_recorded_by_name() -> None:
    tom = person("Tom Berg")
    tom.groups.add(Group.objects.get(name="Approvers"))
    tom.groups.clear()
    assert events("rights.added")[-1]["details"]["rights"] == ["Approvers"]
    assert events("rights.removed")[-1]["details"]["rights"] == ["Approvers"]


def test_a_grant_on_a_service_opens_its_incidents_and_no_others(service: Service) -> None:
    tom = person("Tom Berg")
    other = Service.objects.create(name="Settlement", key="settlement")
    grant("policies.see_service_incidents", tom, service)
    assert may(tom, "incidents.view_incident", service)
    assert not may(tom, "incidents.view_incident", other)
    assert not may(tom, "incidents.acknowledge_incident", service)


def test_rows_out_of_reach_do_not_exist(service: Service, now: Any) -> None:
    Incident.objects.create(number="INC-1", title="Slow", service=service, opened_at=now)
    stranger, responder, granted = person("Stranger"), person("Ana", roles=("responder",)), person("Tom")
    grant("policies.see_service_incidents", granted, service)
    seen = [visible_to(reader, Incident.objects.all(), "incidents.view_incident").count() for reader in (stranger, responder, granted)]
    assert seen == [0, 1, 1]


def test_a_superuser_administers_but_does_not_approve() -> None:
    root = User.objects.create_superuser("root")
    assert may(root, "policies.change_policyversion")
    assert not may(root, "policies.approve_policyversion")


def test_who_was_deactivated_may_nothing() -> None:
    gone = person("Gone", roles=("commander",), is_active=False)
    assert not may(gone, "incidents.view_incident")
