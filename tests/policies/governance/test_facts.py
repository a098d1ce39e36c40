"""What the checks know of people, broader policies and services, asked of the rows in a fixed number of queries."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.catalogue.models import BusinessUnit, Role, Team
from policies.decisions.findings import Finding, Weight
from policies.governance import queries
from policies.governance.snapshots import draft_snapshot
from policies.models import AnnouncementProtocol, ExceptionRule, PolicyVersion
from portal.models import ContactPoint
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def findings(version: PolicyVersion, now: Any) -> list[Finding]:
    return queries.findings_on(version, now=now)


def ids(version: PolicyVersion, now: Any) -> set[str]:
    return {finding.id for finding in findings(version, now)}


def everywhere(now: Any, *, compliance: bool = True, levels: bool = True) -> PolicyVersion:
    version = make.draft(make.policy(scope="global", name="Everywhere"), now=now)
    if levels:
        make.level(version, 1, person("First"), person("Second"))
    if compliance:
        make.level(version, 1, person("Nora"), person("Raj"), track="compliance", window=HOUR)
    make.threshold(version, "Down")
    return make.approve(version, now=now)


def test_a_service_policy_lives_on_what_the_organisation_says(now: Any) -> None:
    version = make.draft(now=now)
    make.threshold(version)
    assert {"level.none", "track.personal_data"} <= ids(version, now)
    everywhere(now)
    told = findings(version, now)
    assert not {"level.none", "track.personal_data"} & {finding.id for finding in told}
    assert {finding.inherited for finding in told if finding.id == "pathway.worst_case"} == {"Everywhere v1"}


def test_what_is_not_in_force_yet_does_not_count_and_what_will_be_does(now: Any) -> None:
    version = make.draft(now=now)
    make.threshold(version)
    broader = make.draft(make.policy(scope="global", name="Everywhere"), now=now)
    make.level(broader, 1, person(), person())
    broader.effective_from = now + HOUR
    broader.save()
    make.approve(broader, now=now)
    assert "level.none" in ids(version, now)
    version.effective_from = now + HOUR
    assert "level.none" not in ids(version, now)


def test_of_tiers_and_units_only_the_organisation_is_broader(now: Any) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    of_unit = make.draft(make.policy(scope="business_unit", business_unit=unit, name="Of the unit"), now=now)
    make.level(of_unit, 1, person(), person(), track="compliance", window=HOUR)
    make.approve(of_unit, now=now)
    of_tier = make.draft(make.policy(scope="tier", tier=1, name="Of tier 1"), now=now)
    make.threshold(of_tier)
    make.service("Cards", tier=1, business_unit=None, regulated=True)
    (error,) = [finding for finding in findings(of_tier, now) if finding.id == "track.mandatory"]
    assert error.text.startswith("Cards would have nobody")
    everywhere(now)
    assert "track.mandatory" not in ids(of_tier, now)


def test_a_regulated_service_whose_own_policy_has_the_track_is_looked_after(now: Any) -> None:
    cards = make.service("Cards", regulated=True, promised_response=timedelta(minutes=5))
    own = make.draft(make.policy(cards), now=now)
    make.level(own, 1, person(), person(), window=timedelta(minutes=5), backup_after=timedelta(minutes=2))
    make.level(own, 1, person(), person(), track="compliance", window=HOUR)
    make.approve(own, now=now)
    version = make.draft(make.policy(scope="global", name="Everywhere"), now=now)
    make.level(version, 1, person(), person())
    assert not {"track.mandatory", "promise.response"} & ids(version, now)
    make.service("Transfers", regulated=True, promised_response=timedelta(minutes=5))
    texts = [finding.text for finding in findings(version, now) if finding.id in ("track.mandatory", "promise.response")]
    assert len(texts) == 2
    assert all("Transfers" in text and "Cards" not in text for text in texts)


def test_roles_teams_owners_and_speakers_are_known(now: Any) -> None:
    left = person("Left", is_active=False)
    empty, held = Role.objects.create(name="Nobody's"), Role.objects.create(name="Head", holder=person("Holder"))
    team, unmanned = Team.objects.create(name="Payments"), Team.objects.create(name="Unmanned")
    make.schedule(person("Kim"), left, team=team)
    version = make.draft(now=now)
    make.level(version, 1, empty, held, unmanned, team, owner=left)
    ExceptionRule.objects.create(
        version=version, name="Leak", indicator="data_breach", rationale="Law", owner=left, review_on=date(2020, 1, 1), start_level=1
    )
    AnnouncementProtocol.objects.create(version=version, role_held=empty, channels="status page")
    told = ids(version, now)
    assert {"target.no_holder", "target.no_schedule", "schedule.left", "level.owner_left"} <= told
    assert {"exception.owner_left", "exception.review_overdue", "announcement.speaker_left"} <= told
    assert "level.nobody_left" not in told


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verified": False}, "contact.unverified"),
        ({"verified": False, "verified_at": make.NOW - 2 * HOUR, "verified_until": make.NOW - HOUR}, "contact.expired"),
        ({"address": "mailto://ana@example.org", "channel": ContactPoint.Channel.APPRISE}, "target.only_email"),
        ({"address": "ana@example.org"}, "target.only_email"),
        ({"active": False}, "target.no_contact"),
        ({}, None),
    ],
)
def test_a_contact_point_is_what_it_carries_and_whether_somebody_answered(now: Any, fields: dict[str, Any], said: str | None) -> None:
    ana, tom = person("Ana"), person("Tom")
    contact(ana, **fields)
    contact(tom)
    version = make.draft(now=now)
    make.level(version, 1, ana, tom)
    about_ana = {finding.id for finding in findings(version, now) if finding.place == "Level 1, primary"}
    assert about_ana == ({said} if said else set())


def test_one_verified_contact_point_is_enough(now: Any) -> None:
    ana, tom = person("Ana"), person("Tom")
    contact(ana, verified=False)
    contact(ana)
    contact(tom)
    version = make.draft(now=now)
    make.level(version, 1, ana, tom)
    assert "contact.unverified" not in {finding.id for finding in findings(version, now) if finding.place.startswith("Level")}


def test_only_errors_keep_a_version_a_draft(now: Any) -> None:
    version = make.draft(now=now)
    make.level(version, 1, person())
    make.threshold(version)
    assert not [finding for finding in findings(version, now) if finding.weight is Weight.ERROR]
    assert make.approve(version, now=now).state == "approved"


@pytest.mark.parametrize("scope", ["service", "global"])
def test_the_checks_ask_as_often_for_much_as_for_little(scope: str, now: Any) -> None:
    everywhere(now) if scope == "service" else make.service()
    policy = make.policy() if scope == "service" else make.policy(scope="global", name="Everywhere")
    draft = make.draft(policy, now=now)
    make.level(draft, 1, make.schedule(person("Kim"), person("Lee")), Role.objects.create(name="Head", holder=person()))
    before = _asked(draft, now)
    team = Team.objects.create(name="Team")
    make.schedule(person(), person(), team=team)
    for number in range(2, 8):
        make.level(draft, number, make.schedule(person(), person()), contact(person()).person, team)
        make.level(draft, number, person(), track="stakeholder", owner=person())
        make.service(f"Service of {number}")
    assert _asked(draft, now) == before <= 11


def _asked(draft: PolicyVersion, now: Any) -> int:
    snapshot = draft_snapshot(draft)
    version = PolicyVersion.objects.select_related("policy__owner", "policy__service").get(pk=draft.pk)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        queries.findings_on(version, snapshot, now=now)
    return len(asked)
