"""The evidence beside a review: what happened under the policy, what changed around it, what stands open."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.escalation.engine import run_cycle
from incidents.escalation.evidence import is_false_alarm
from incidents.lifecycle.services import cancel
from incidents.models import Incident
from policies.models import PolicyReview, PolicyVersion
from policies.reviews.evidence import gathered
from policies.reviews.services import open_due_reviews
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from tests.factories import policies as make
from tests.factories.incidents import incident, reading
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@shared
def version(now: datetime) -> PolicyVersion:
    """Two levels with somebody who can be reached; failing payments of 5 % are SEV2."""
    people = [person(name) for name in ("First", "Second")]
    for each in people:
        contact(each)
    return make.in_force(make.service("Cards"), [people[0]], [people[1]], now=now)


def quarter(version: PolicyVersion) -> PolicyReview:
    open_due_reviews(now=APRIL)
    return PolicyReview.objects.get(policy=version.policy, kind="thresholds")


def figures(evidence: dict[str, Any]) -> dict[str, list[Any]]:
    return {figure["what"]: figure["values"] for section in evidence["sections"] for figure in section["figures"]}


def items(evidence: dict[str, Any], title: str) -> list[str]:
    return next(each["items"] for section in evidence["sections"] for each in section["listings"] if each["title"].startswith(title))


def test_incidents_escalations_and_windows_are_counted_by_quarter(version: PolicyVersion, now: datetime) -> None:
    shop = version.policy.service
    incident(now, service=shop, readings=[reading("9", now)])
    incident(now, service=make.service("Other"))
    for minutes in (0, 1, 16, 17, 40, 60):
        run_cycle(now=now + timedelta(minutes=minutes))
    found = figures(gathered(quarter(version), APRIL))
    assert found["Incidents governed"] == [0, 1]
    assert found["of these SEV2"] == [0, 1]
    assert found["Escalations"] == [0, 1]
    assert found["Exhausted"] == [0, 1]
    assert found["Windows missed"] == [0, 2]
    assert found["Alerts"][1] >= 2
    assert found["Bypasses"] == [0, 0]


def test_each_threshold_says_what_it_graded_and_what_was_false(version: PolicyVersion, now: datetime) -> None:
    shop = version.policy.service
    incident(now, service=shop, readings=[reading("9", now)])
    false = incident(now + timedelta(hours=1), service=shop, readings=[reading("7", now + timedelta(hours=1))])
    cancel(false, actor=None, now=now + timedelta(hours=2), reason="A test of the terminal")
    evidence = gathered(quarter(version), APRIL)
    assert items(evidence, "Thresholds") == ["Payments failing: graded 2 incidents, declared 0 of them, false alarms 1"]
    assert figures(evidence)["False alarms"] == [0, 1]


@pytest.mark.parametrize(
    ("state", "code", "false"),
    [
        ("cancelled", "", True),
        ("closed", "False alarm", True),
        ("closed", " no fault found ", True),
        ("closed", "fixed", False),
        ("new", "", False),
    ],
)
def test_what_a_false_alarm_is(state: str, code: str, false: bool) -> None:
    assert is_false_alarm(state, code) is false


def test_changes_of_the_policy_and_of_what_is_around_it_are_listed(version: PolicyVersion, now: datetime) -> None:
    make.approve(make.draft(version.policy, now=now, reason="Louder at night"), now=now + timedelta(days=2))
    shop = version.policy.service
    shop.description = "Cards and tokens"
    save_tracked(shop, actor=person("Mara"), now=now + timedelta(days=3), reason="New product")
    evidence = gathered(quarter(version), APRIL)
    assert figures(evidence)["Versions that took effect"] == [0, 2]
    assert [line for line in items(evidence, "Versions that took effect") if "Louder at night" in line]
    assert "Cards changed on 05 Mar 2026 by Mara: New product" in items(evidence, "Changes of services")
    assert figures(evidence)["Services: changes"][1] >= 1


def test_a_year_shows_its_quarters_and_the_year_before(version: PolicyVersion, now: datetime) -> None:
    incident(now, service=version.policy.service)
    open_due_reviews(now=datetime(2027, 1, 1, tzinfo=UTC))
    evidence = gathered(PolicyReview.objects.get(kind="policy"), datetime(2027, 1, 1, tzinfo=UTC))
    assert evidence["columns"] == ["2025", "2026Q1", "2026Q2", "2026Q3", "2026Q4", "2026"]
    assert figures(evidence)["Incidents governed"] == [0, 1, 0, 0, 0, 1]


def test_the_evidence_has_a_canonical_form_and_survives_the_database(version: PolicyVersion, now: datetime) -> None:
    incident(now, service=version.policy.service)
    review = quarter(version)
    evidence = gathered(review, APRIL)
    PolicyReview.objects.filter(pk=review.pk).update(evidence=evidence)
    assert content_hash(PolicyReview.objects.get(pk=review.pk).evidence) == content_hash(evidence)


def test_the_number_of_queries_does_not_grow_with_what_happened(version: PolicyVersion, now: datetime) -> None:
    review = quarter(version)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            gathered(review, APRIL)
        return len(caught)

    incident(now, service=version.policy.service, readings=[reading("9", now)])
    run_cycle(now=now)
    queries()  # What the review itself reads once is read now.
    few = queries()
    for hour in range(1, 5):
        incident(now + timedelta(hours=hour), service=version.policy.service, readings=[reading("9", now + timedelta(hours=hour))])
        run_cycle(now=now + timedelta(hours=hour))
    assert Incident.objects.count() == 5
    assert queries() == few
