"""What is done about a finding, what is refused before there is one, and who may change the table."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from audit.duties.exceptions import give_exception
from audit.duties.findings import cover, holdings_named, remove
from audit.duties.granting import refuse_roles
from audit.duties.holdings import holdings_of
from audit.duties.models import DutyException, DutyFinding, DutyPair, day_of
from audit.duties.pairs import Holding, Way
from audit.duties.table import bring_back, retire_pair, save_pair
from audit.duties.taking import take_away
from policies.models import Service
from portal.foundation.access.checks import may
from portal.foundation.access.grants import grant
from portal.foundation.access.places import WORK
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.granting.services import give
from portal.models import User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
APPROVERS = "Approvers"


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def place_of(finding: DutyFinding, through: str) -> str:
    return next(str(place) for place, one in enumerate(holdings_named(finding)) if one.through == through)


def test_taking_the_role_away_removes_the_finding(finding: DutyFinding, both: User, ana: User, now: Any) -> None:
    remove(finding, which=place_of(finding, APPROVERS), actor=ana, now=now, reason="He administers now.")
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == (DutyFinding.State.REMOVED, ana)
    assert not may(User.objects.get(pk=both.pk), "policies.approve_policyversion")
    with pytest.raises(WrongState):
        cover(finding, until=day_of(now), actor=ana, now=now, reason="Too late.")


def test_nobody_decides_about_themselves(finding: DutyFinding, both: User, now: Any) -> None:
    both.groups.add(role("Compliance"))
    both = User.objects.get(pk=both.pk)
    with pytest.raises(NotAllowed):
        remove(finding, which="0", actor=both, now=now, reason="I would rather keep the other.")
    with pytest.raises(NotAllowed):
        cover(finding, until=day_of(now), actor=both, now=now, reason="It is only me.")
    with pytest.raises(NotAllowed, match="hold this pair yourself"):
        retire_pair(finding.pair, actor=both, now=now, reason="Not needed.")
    assert both.groups.count() == 3


def test_the_database_refuses_an_exception_given_to_oneself(finding: DutyFinding, ana: User, now: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DutyException.objects.create(person=ana, pair=finding.pair, reason="So.", given_at=now, given_by=ana, until=day_of(now))


def test_covering_says_until_when(finding: DutyFinding, ana: User, now: Any) -> None:
    cover(finding, until=day_of(now) + timedelta(days=30), actor=ana, now=now, reason="Until she is back.")
    finding.refresh_from_db()
    assert finding.state == DutyFinding.State.COVERED
    assert DutyException.objects.get().given_by == ana


def test_a_second_duty_is_refused_in_words_until_somebody_lets_it_pass(ana: User, now: Any) -> None:
    tom = person("Tom Berg", roles=("administrator",))
    asked: dict[str, Any] = {"groups": [role("Administrators"), role(APPROVERS)], "is_superuser": False, "now": now}
    with pytest.raises(
        NotAllowed, match=r"Tom Berg could change accounts .* \(by the role Administrators\) and approve .*by the role Approvers"
    ):
        refuse_roles(tom, **asked)
    for pair in DutyPair.objects.filter(right_a="portal.change_user"):
        give_exception(tom, pair, until=day_of(now), actor=ana, now=now, reason="For a day.")
    refuse_roles(tom, **asked)
    with pytest.raises(NotAllowed):
        refuse_roles(tom, **asked | {"now": now + timedelta(days=1)})


def test_what_somebody_holds_already_does_not_stand_in_the_way_of_something_else(both: User, now: Any) -> None:
    refuse_roles(both, [role("Administrators"), role(APPROVERS), role("Responders")][:2], is_superuser=False, now=now)
    with pytest.raises(NotAllowed, match="superuser"):
        refuse_roles(both, both.groups.all(), is_superuser=True, now=now)


def test_a_grant_on_a_service_that_joins_two_duties_is_refused() -> None:
    service = Service.objects.create(name="Card payments", key="card-payments")
    judge, worker = person("Judge", roles=("approver",)), person("Worker")
    with pytest.raises(NotAllowed, match="must not meet"):
        grant("policies.work_service_incidents", judge, service)
    grant("policies.work_service_incidents", worker, service)
    assert not may(judge, "incidents.acknowledge_incident", service)


def test_every_way_of_holding_can_be_taken_away_and_only_what_is_held(ana: User, now: Any) -> None:
    tom, service = person("Tom Berg"), Service.objects.create(name="Card payments", key="card-payments")
    grant("policies.work_service_incidents", tom, service)
    held = Holding("incidents.acknowledge_incident", Way.GRANT, "", f"policies.service:{service.pk}", "policies.work_service_incidents")
    take_away(tom, held, actor=ana, now=now, reason="Left the team.")
    assert not may(User.objects.get(pk=tom.pk), "incidents.acknowledge_incident", service)
    for gone in (held, Holding("a.b", Way.ROLE, "Managers"), Holding("portal.change_user", Way.DIRECT), Holding("*", Way.SUPERUSER)):
        with pytest.raises(WrongState):
            take_away(tom, gone, actor=ana, now=now, reason="Again.")
    with pytest.raises(NotAllowed, match="their own"):
        take_away(ana, Holding("audit.ask_removal", Way.ROLE, "Compliance"), actor=ana, now=now, reason="Mine.")


def test_what_was_given_on_the_page_of_grants_is_ended_there_too(ana: User, now: Any) -> None:
    tom, service = person("Tom Berg"), Service.objects.create(name="Card payments", key="card-payments")
    root = User.objects.create_superuser("root")
    given = give(WORK, tom, service, actor=root, now=now, reason="A stand-in.")
    held = next(one for one in holdings_of([tom.pk])[tom.pk] if not one.by)
    take_away(tom, held, actor=ana, now=now, reason="Back.")
    given.refresh_from_db()
    assert (given.ended_by, given.end_reason) == (ana, "Back.")
    assert tom.pk not in holdings_of([tom.pk])


def test_the_last_superuser_stays(ana: User, now: Any) -> None:
    root = User.objects.create_superuser("root")
    with pytest.raises(WrongState, match="Nobody else"):
        take_away(root, Holding("*", Way.SUPERUSER), actor=ana, now=now, reason="Too many.")
    User.objects.create_superuser("second")
    take_away(root, Holding("*", Way.SUPERUSER), actor=ana, now=now, reason="Too many.")
    assert not User.objects.get(pk=root.pk).is_superuser


def test_compliance_changes_the_table_with_reason_and_history(ana: User, now: Any) -> None:
    said = {"right_a": "portal.change_user", "right_b": "incidents.run_drill", "reach": "everywhere", "why": "They rehearse."}
    pair = save_pair(DutyPair(), actor=ana, now=now, reason="Asked by the board.", severity="low", **said)
    assert pair.words_a == "change users"
    with pytest.raises(InvalidInput, match="already"):
        save_pair(DutyPair(), actor=ana, now=now, reason="Again.", severity="low", **said)
    save_pair(pair, actor=ana, now=now, reason="Said better.", why="They rehearse what they give.")
    retire_pair(pair, actor=ana, now=now, reason="No more.")
    with pytest.raises(WrongState):
        retire_pair(pair, actor=ana, now=now, reason="No more.")
    bring_back(pair, actor=ana, now=now, reason="After all.")
    assert [one.history_change_reason for one in pair.history.all()] == ["After all.", "No more.", "Said better.", "Asked by the board."]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"right_a": "portal.fly"}, "right_a"),
        ({"right_b": "portal.change_user"}, "right_b"),
        ({"why": ""}, "why"),
        ({"reach": "sometimes"}, "reach"),
        ({"done_a": "policy_version.submitted"}, "done_b"),
        ({"done_a": "nothing.known", "done_b": "policy_version.approved"}, "done_a"),
    ],
)
def test_what_is_no_pair_is_said_at_its_field(wrong: dict[str, str], field: str, ana: User, now: Any) -> None:
    said = {"right_a": "portal.change_user", "right_b": "incidents.run_drill", "reach": "everywhere", "severity": "low", "why": "So."}
    with pytest.raises(InvalidInput) as refused:
        save_pair(DutyPair(), actor=ana, now=now, reason="So.", **said | wrong)
    assert field in refused.value.fields


def test_only_compliance_changes_the_table(now: Any) -> None:
    pair = DutyPair.objects.all()[0]
    for reader in (person("Root", is_superuser=False), person("Ida", roles=("auditor",)), person("Rob", roles=("administrator",)), None):
        with pytest.raises(NotAllowed):
            retire_pair(pair, actor=reader, now=now, reason="Not needed.")
