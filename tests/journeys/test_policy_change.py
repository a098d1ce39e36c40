"""A manager changes a threshold for Monday 00:00; the incidents of Sunday 23:59 and of Monday 00:01 are judged by different versions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from incidents.lifecycle import services
from incidents.lifecycle.services import open_incident
from policies.decisions.severity import Reading
from policies.governance.queries import version_in_force
from policies.governance.services import approve_version, create_draft, submit_version
from policies.models import PolicyVersion
from portal.foundation.errors import NotAllowed
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 3, 9, 0, 0, tzinfo=MADRID)
FRIDAY = datetime(2026, 3, 6, 10, 0, tzinfo=MADRID)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def first() -> PolicyVersion:
    """10,000 affected users are SEV2, in force since January."""
    since = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    version = make.draft(make.policy(time_zone="Europe/Madrid"), author=person("Mona Manager", roles=("manager",)), now=since)
    make.level(version, 1, person("On call"))
    make.threshold(version, "Many customers", severity="SEV2", criteria=({"measure": "affected_users", "value": Decimal(10_000)},))
    return make.approve(version, now=since)


def changed(first: PolicyVersion) -> PolicyVersion:
    """5,000 affected users are enough from Monday 00:00 in Madrid; submitted on Friday by the manager who asks for it."""
    mona = first.author
    draft = create_draft(first.policy, actor=mona, now=FRIDAY, reason="Half as many customers are bad enough")
    draft.thresholds.get().criteria.update(value=5_000)
    draft.effective_from = MONDAY
    draft.save()
    return submit_version(draft, actor=mona, now=FRIDAY, accepted=make.ACCEPTED)


def test_the_change_takes_effect_at_midnight_in_the_policys_time_zone(first: PolicyVersion) -> None:
    waiting = changed(first)
    with pytest.raises(NotAllowed):
        approve_version(waiting, actor=first.author, now=FRIDAY, reason="I am sure")
    second = approve_version(waiting, actor=person("Anton Approver", roles=("approver",)), now=FRIDAY, reason="The replay agrees")
    assert second.effective_from == datetime(2026, 3, 8, 23, 0, tzinfo=UTC)
    assert version_in_force(first.policy, MONDAY - timedelta(microseconds=1)) == first
    assert version_in_force(first.policy, MONDAY) == second

    judged = {}
    for at in (MONDAY - MINUTE, MONDAY + MINUTE):
        judged[at] = open_incident(
            title="Customers cannot sign in",
            service=first.policy.service,
            impact=2,
            urgency=2,
            readings=[Reading("affected_users", Decimal(7_000), at)],
            actor=None,
            now=at,
        )
    sunday, monday = judged[MONDAY - MINUTE], judged[MONDAY + MINUTE]
    assert (sunday.severity, sunday.policy_version) == ("", first)
    assert (monday.severity, monday.policy_version) == ("SEV2", second)
    reasons = "Severity set to SEV2 major: Affected users 7,000 users is at least 5,000 users"
    assert monday.timeline.filter(text=reasons, why=f"Threshold 'Many customers' of {second}").exists()


def test_sundays_incident_stays_with_sundays_rules_on_monday(first: PolicyVersion) -> None:
    sunday = open_incident(
        title="Customers cannot sign in", service=first.policy.service, impact=2, urgency=2, actor=None, now=MONDAY - MINUTE
    )
    approve_version(changed(first), actor=person("Anton Approver", roles=("approver",)), now=FRIDAY, reason="The replay agrees")
    later = MONDAY + 5 * MINUTE
    services.record_reading(
        sunday.service, measure="affected_users", value=Decimal(7_000), observed_at=later, actor=None, now=later, incident=sunday
    )
    assert sunday.severity == ""
    services.record_reading(
        sunday.service, measure="affected_users", value=Decimal(12_000), observed_at=later, actor=None, now=later, incident=sunday
    )
    assert (sunday.severity, sunday.rule_versions) == ("SEV2", [first.pk])
