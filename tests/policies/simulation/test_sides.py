"""A change of a policy for many services is replayed service by service, beside the other policies that speak for each."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.models import Incident
from policies.models import BusinessUnit, EscalationPolicy, PolicyVersion, PriorityCell, ReplayRun, Service
from policies.simulation.queries import services_of
from policies.simulation.services import carry_out, request_replay
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
ALL_HIGH = [(impact, urgency, 1) for impact in (1, 2, 3) for urgency in (1, 2, 3)]


def matrix(version: PolicyVersion, cells: list[tuple[int, int, int]]) -> None:
    for impact, urgency, priority in cells:
        PriorityCell.objects.create(version=version, impact=impact, urgency=urgency, priority=priority)


def past(service: Service, at: datetime) -> Incident:
    number = f"PAST-{Incident.objects.count() + 1}"
    return Incident.objects.create(
        number=number, title="Slow", service=service, impact=2, urgency=2, opened_at=at, resolved_at=at + timedelta(hours=1), state="closed"
    )


def replayed(version: PolicyVersion, now: datetime, population: str = "own") -> dict[str, Any]:
    run = request_replay(version, actor=version.author, now=now, period=(now - timedelta(days=30), now), population=population)
    carry_out(run.pk, now=now)
    run.refresh_from_db()
    assert run.result is not None, run.failure
    return run.result


def test_a_wider_policy_changes_only_what_no_narrower_one_decides(now: datetime) -> None:
    silent, outspoken = make.service(), make.service()
    own = make.draft(make.policy(outspoken), now=now - timedelta(days=50))
    make.level(own, 1, person("On call"))
    matrix(own, [(impact, urgency, 4) for impact in (1, 2, 3) for urgency in (1, 2, 3)])
    make.approve(own, now=now - timedelta(days=50))
    everywhere = make.draft(make.policy(scope="global"), now=now)
    matrix(everywhere, ALL_HIGH)
    for service in (silent, outspoken):
        past(service, now - timedelta(days=3))
    found = replayed(everywhere, now)
    assert found["incidents"] == 2
    assert found["priorities"] == [{"from": 3, "to": 1, "incidents": 1}]


def test_a_tier_s_levels_alert_for_the_services_that_have_none_of_their_own(now: datetime) -> None:
    silent, outspoken, elsewhere = make.service(tier=2), make.service(tier=2), make.service(tier=3)
    make.in_force(outspoken, now=now - timedelta(days=50))
    draft = make.draft(make.policy(scope="tier", tier=2), now=now)
    make.level(draft, 1, person("Duty manager"))
    for service in (silent, outspoken, elsewhere):
        past(service, now - timedelta(days=3))
    found = replayed(draft, now)
    assert found["incidents"] == 2
    assert found["incidents_paged"] == [1, 2]


def test_what_a_policy_speaks_for(now: datetime) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    ours, theirs = make.service(tier=1, business_unit=unit), make.service(tier=2)
    assert services_of(make.policy(ours)) == {ours.pk}
    assert services_of(make.policy(scope="tier", tier=2)) == {theirs.pk}
    assert services_of(make.policy(scope="business_unit", business_unit=unit)) == {ours.pk}
    assert services_of(make.policy(scope="global")) == {ours.pk, theirs.pk}
    assert services_of(EscalationPolicy(scope="service")) == set()


def test_all_incidents_are_replayed_under_this_policy_alone(now: datetime) -> None:
    covered, bare = make.service(), make.service()
    make.in_force(covered, now=now - timedelta(days=50))
    draft = make.draft(make.policy(bare), now=now)
    make.level(draft, 1, person("On call"))
    past(covered, now - timedelta(days=3))
    found = replayed(draft, now, population=ReplayRun.Population.ALL)
    assert found["incidents_paged"] == [0, 1]
