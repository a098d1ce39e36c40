"""Incidents are judged by every policy that speaks for their service, as it was when they were opened."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.lifecycle import services
from incidents.lifecycle.grading import rules_pinned_by
from incidents.models import Incident
from policies.decisions.severity import PRIORITIES
from policies.models import BusinessThreshold, ExceptionRule, PolicyVersion, PriorityCell, SeverityOverride
from tests.factories import incidents as opened
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
FAILURES = "transaction_failure_percent"


def of_the_service(service: Any, now: Any, **content: Any) -> PolicyVersion:
    version = make.draft(make.policy(service), now=now)
    return say(version, now, **content)


def everywhere(now: Any, **content: Any) -> PolicyVersion:
    return say(make.draft(make.policy(scope="global", name="House rules"), now=now), now, **content)


def say(
    version: PolicyVersion,
    now: Any,
    *,
    level: bool = False,
    threshold: str = "",
    exceptions: Any = (),
    business: Any = (),
    cells: Any = (),
    starts: Any = (),
) -> PolicyVersion:
    """Approves `version` with what is given: a threshold is 'SEV2 5', cells (impact, urgency, priority) differ from ITIL's, starts are (severity, level)."""
    for number in (1, 2, 3, 4) if level else ():
        make.level(version, number, person(f"On call {number}"))
    for severity, value in [threshold.split()] if threshold else []:
        make.threshold(version, f"Over {value}", severity=severity, criteria=({"measure": FAILURES, "value": Decimal(value)},))
    for fields in exceptions:
        owner = person("Rita Risk")
        ExceptionRule.objects.create(version=version, owner=owner, rationale="It cannot wait.", review_on=date(2026, 1, 1), **fields)
    for fields in business:
        BusinessThreshold.objects.create(version=version, **fields)
    filled = {**PRIORITIES, **{(impact, urgency): priority for impact, urgency, priority in cells}} if cells else {}
    for (impact, urgency), priority in filled.items():
        PriorityCell.objects.create(version=version, impact=impact, urgency=urgency, priority=priority)
    for severity, start in starts:
        SeverityOverride.objects.create(version=version, severity=severity, start_level=start)
    return make.approve(version, now=now)


def texts(incident: Incident) -> list[str]:
    return list(incident.timeline.values_list("text", flat=True))


def test_each_part_comes_from_the_narrowest_policy_that_says_something(now: Any) -> None:
    service = make.service("Cards")
    house = everywhere(now, level=True, threshold="SEV4 1", cells=[(1, 2, 1)])
    own = of_the_service(service, now, threshold="SEV2 5")
    incident = opened.incident(now, service=service, readings=[opened.reading("7", now)])
    assert (incident.severity, incident.priority) == ("SEV2", 1)
    assert incident.policy_version == house, "it supplies the technical track"
    assert incident.rule_versions == [own.pk, house.pk]
    graded = incident.timeline.get(kind="graded")
    assert graded.why == f"Threshold 'Over 5' of {own}, the narrowest that says something: one service before the whole organisation"
    first = incident.timeline.get(kind="opened")
    assert f"{own} (severity criteria)" in first.why
    assert f"{house} (priority matrix and technical track)" in first.why
    assert {rule["part"]: rule["version_id"] for rule in first.data["rules"]} == {
        "severity criteria": own.pk,
        "priority matrix": house.pk,
        "technical track": house.pk,
    }


def test_the_audit_trail_says_which_version_supplied_what_and_why(now: Any) -> None:
    service = make.service("Cards")
    house, own = everywhere(now, level=True, threshold="SEV4 1"), of_the_service(service, now, threshold="SEV2 5")
    opened.incident(now, service=service, readings=[opened.reading("7", now)])
    decision = parsed(LedgerEvent.objects.get(type="incident.opened").payload)["decision"]
    assert decision["policy_version"]["id"] == house.pk
    assert decision["contents"] == {str(own): own.content_sha256, str(house): house.content_sha256}
    criteria = next(rule for rule in decision["rules"] if rule["part"] == "severity criteria")
    assert criteria["version_id"] == own.pk
    assert criteria["why"].startswith("the narrowest that says something")


def test_one_policy_alone_is_told_plainly(now: Any) -> None:
    service = make.service()
    version = of_the_service(service, now, level=True)
    incident = opened.incident(now, service=service)
    assert incident.timeline.get(kind="opened").why == f"Follows {version}, the version in force"
    assert incident.rule_versions == [version.pk]


def test_an_exception_starts_at_its_level_at_once_and_says_why(now: Any) -> None:
    service = make.service()
    rule = {"name": "Leaks", "indicator": "data_breach", "start_level": 3}
    house = everywhere(now, level=True, exceptions=[rule])
    of_the_service(service, now, level=True, exceptions=[{"name": "VIPs", "indicator": "label", "label": "VIP", "start_level": 4}])
    incident = opened.incident(now, service=service, data_breach=True)
    assert incident.start_level == 3
    told = incident.timeline.get(kind="graded")
    assert told.text == "Exception 'Leaks' (a suspected data breach): starts at level 3, whatever the thresholds say"
    assert told.why == f"It cannot wait. Says {house}, owned by Rita Risk"
    assert opened.incident(now, service=service, labels=["Vip "]).start_level == 4
    assert opened.incident(now, service=service).start_level == 1


def test_a_severity_that_starts_higher_says_so(now: Any) -> None:
    service = make.service()
    of_the_service(service, now, level=True, threshold="SEV1 5", starts=[("SEV1", 4)])
    incident = opened.incident(now, service=service, readings=[opened.reading("7", now)])
    assert incident.start_level == 4
    assert any(text.endswith("; starts at level 4") for text in texts(incident))


def test_business_impact_raises_the_priority_and_keeps_what_was_told(now: Any) -> None:
    service = make.service()
    rule = {"name": "Losing money", "measure": "revenue_loss_per_hour", "value": 10_000, "currency": "EUR", "impact": 1}
    version = of_the_service(service, now, level=True, business=[rule])
    fields = {"service": service, "impact": 3, "urgency": 1}
    incident = opened.incident(now, **fields, revenue_loss_per_hour=Decimal(10_000), revenue_currency="EUR")
    assert (incident.impact, incident.priority) == (3, 1)
    told = incident.timeline.get(kind="graded")
    assert told.text == "Impact counts as high, not low as told: Revenue loss per hour at least 10,000 EUR: impact at least high"
    assert told.why == f"Rule 'Losing money'. Says {version}"
    assert opened.incident(now, **fields, revenue_loss_per_hour=Decimal("9999.99"), revenue_currency="EUR").priority == 3


def test_a_correction_is_judged_by_the_matrix_of_the_opening(now: Any) -> None:
    service = make.service()
    first = of_the_service(service, now, level=True, cells=[(3, 3, 2)])
    incident = opened.incident(now, service=service)
    later = make.draft(first.policy, now=now, author=first.author)
    later.priority_cells.update(priority=5)
    make.approve(later, now=now + timedelta(minutes=1))
    then = now + timedelta(minutes=2)
    services.correct(incident, impact=3, urgency=3, actor=None, now=then, reason="Hardly anybody notices")
    assert incident.priority == 2
    assert opened.incident(then, service=service, impact=3, urgency=3).priority == 5


def test_later_readings_are_judged_by_the_rules_of_the_opening(now: Any) -> None:
    service = make.service()
    first = of_the_service(service, now, level=True, threshold="SEV2 5")
    incident = opened.incident(now, service=service)
    later = make.draft(first.policy, now=now, author=first.author)
    later.thresholds.update(severity="SEV1")
    make.approve(later, now=now + timedelta(minutes=1))
    then = now + timedelta(minutes=2)
    services.record_reading(service, measure=FAILURES, value=Decimal(7), observed_at=then, actor=None, now=then, incident=incident)
    assert incident.severity == "SEV2"
    event = parsed(LedgerEvent.objects.filter(type="reading.recorded").latest("pk").payload)
    assert event["decision"]["severity"]["by"]["version"] == str(first)
    assert opened.incident(then, service=service, readings=[opened.reading("7", then)]).severity == "SEV1"


def test_an_incident_from_before_there_were_scopes_follows_its_one_version(now: Any) -> None:
    version = make.in_force(now=now)
    old = Incident.objects.create(number="INC-OLD", title="Old", service=version.policy.service, opened_at=now, policy_version=version)
    assert rules_pinned_by(old).versions == (version,)
    _, same = services.record_reading(old.service, measure=FAILURES, value=Decimal(7), observed_at=now, actor=None, now=now, incident=old)
    assert same is not None
    assert same.severity == "SEV2"


def test_without_any_policy_itils_matrix_counts_and_nothing_is_pinned(now: Any) -> None:
    incident = opened.incident(now, impact=1, urgency=1, data_breach=True)
    assert (incident.priority, incident.policy_version, incident.rule_versions) == (1, None, [])
    assert "No policy is in force" in incident.timeline.get().why


def test_opening_costs_the_same_with_one_policy_and_with_four(now: Any) -> None:
    alone = make.service("Alone", tier=2)
    everywhere(now, level=True, threshold="SEV2 5")
    of_the_service(alone, now, level=True)
    with CaptureQueriesContext(
        connection,
    ) as few:
        opened.incident(now, service=make.service("Other"))
    say(make.draft(make.policy(scope="tier", tier=2, name="Tier 2"), now=now), now, level=True, cells=[(1, 1, 1)])
    with CaptureQueriesContext(connection) as many:
        opened.incident(now, service=alone)
    # Making the other service inside the first count costs its own insert and history row.
    assert len(many) <= len(few)
