"""Every night everybody is looked at, and the trail with them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.duties.checking import check_duties, next_state
from audit.duties.exceptions import end_exception, give_exception
from audit.duties.findings import in_words, judge
from audit.duties.holdings import holdings_of
from audit.duties.models import DutyFinding, DutyPair, day_of
from audit.duties.pairs import hits
from audit.duties.table import as_pure, in_force
from audit.duties.trail import records
from audit.events.services import act
from audit.models import LedgerEvent
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
State = DutyFinding.State


def test_no_role_of_the_catalogue_holds_a_pair_by_itself() -> None:
    pairs = as_pure(in_force())
    for key in ("responder", "commander", "manager", "approver", "compliance", "auditor", "stakeholder", "administrator"):
        one = person(key, roles=(key,))
        assert hits(holdings_of([one.pk])[one.pk], pairs) == [], key


def test_who_holds_both_is_found_once_with_how(both: User, ana: User, now: Any) -> None:
    opened = check_duties(now=now)
    assert {one.person for one in opened} == {both}
    assert (
        in_words(next(one for one in opened if one.pair.right_b == "policies.approve_policyversion"))
        == "Tom Berg may change accounts and give roles (by the role Administrators) and approve policy changes (by the role Approvers)."
    )
    assert check_duties(now=now + timedelta(days=1)) == []
    assert {one.last_seen for one in DutyFinding.objects.all()} == {now + timedelta(days=1)}
    assert OutboxMessage.objects.filter(person=ana, kind="duties.found").count() == 1


def test_a_finding_ends_with_what_it_found_and_opens_again_with_it(finding: DutyFinding, both: User, now: Any) -> None:
    both.is_active = False
    both.save()
    check_duties(now=now + timedelta(days=1))
    finding.refresh_from_db()
    assert finding.state == State.ENDED
    both.is_active = True
    both.save()
    check_duties(now=now + timedelta(days=2))
    finding.refresh_from_db()
    assert (finding.state, finding.open_since, finding.first_seen) == (State.OPEN, now + timedelta(days=2), now)


def test_an_exception_covers_until_its_last_day_and_not_a_day_longer(finding: DutyFinding, both: User, ana: User, now: Any) -> None:
    last = day_of(now) + timedelta(days=10)
    give_exception(both, finding.pair, until=last, actor=ana, now=now, reason="Until the new administrator is here.")
    for days, state in ((0, State.COVERED), (10, State.COVERED), (11, State.OPEN)):
        check_duties(now=now + timedelta(days=days))
        finding.refresh_from_db()
        assert finding.state == state, days
    assert OutboxMessage.objects.filter(person=ana, kind="duties.exception_ending").count() == 1


def test_an_exception_is_given_by_somebody_else_with_a_reason_for_half_a_year_at_most(finding: DutyFinding, ana: User, now: Any) -> None:
    asked: dict[str, Any] = {"until": day_of(now), "actor": ana, "now": now, "reason": "So."}
    with pytest.raises(NotAllowed, match="in themselves"):
        give_exception(ana, finding.pair, **asked)
    with pytest.raises(NotAllowed, match="You may not"):
        give_exception(ana, finding.pair, **asked | {"actor": finding.person})
    for wrong in ({"reason": " "}, {"until": day_of(now) - timedelta(days=1)}, {"until": day_of(now) + timedelta(days=184)}):
        with pytest.raises(InvalidInput):
            give_exception(finding.person, finding.pair, **asked | wrong)
    given = give_exception(finding.person, finding.pair, **asked)
    end_exception(given, actor=ana, now=now, reason="Not needed.")
    with pytest.raises(WrongState):
        end_exception(given, actor=ana, now=now, reason="Again.")


def test_a_superuser_is_a_finding_by_rule(now: Any) -> None:
    root = User.objects.create_superuser("root")
    (found,) = check_duties(now=now)
    assert (found.person, found.pair.right_a) == (root, "*")
    assert "superuser" in in_words(found)


def test_who_used_both_rights_on_one_object_is_found_in_the_trail(ana: User, now: Any) -> None:
    tom, subject = person("Tom Berg"), DutyPair.objects.all()[0]
    for verb, actor in (("policy_version.submitted", tom), ("policy_version.approved", ana), ("policy_version.approved", tom)):
        with act(verb, actor=actor, now=now, subject=subject):
            pass
    (found,) = check_duties(now=now)
    assert (found.person, found.kind, found.place) == (tom, "used", f"audit.dutypair:{subject.pk}")
    assert LedgerEvent.objects.get(pk=found.how["event"]).actor_id == str(tom.pk)
    judge(found, actor=ana, now=now, reason="A test of the approval, looked at.")
    assert check_duties(now=now) == []
    found.refresh_from_db()
    assert (found.state, found.closed_by) == (State.ENDED, ana)


def test_what_the_records_themselves_show_is_found_too(now: Any, monkeypatch: Any) -> None:
    tom = person("Tom Berg")
    monkeypatch.setitem(records._entries, "test", lambda: [(tom.pk, "policies.approve_policyversion", "policies.policyversion:7")])
    assert "policies.policyversion:7" in {one.place for one in check_duties(now=now) if one.kind == "used"}


@pytest.mark.parametrize("before", [None, *State.values])
@pytest.mark.parametrize(
    ("there", "passes", "after"), [(True, False, "open"), (True, True, "covered"), (False, False, ""), (False, True, "")]
)
def test_every_state_follows_from_what_is_so_now(before: str | None, there: bool, passes: bool, after: str) -> None:
    kept = before if before in (State.REMOVED, State.ENDED) else State.ENDED
    assert next_state(before, there=there, passes=passes) == (after or kept)


def test_a_check_asks_the_same_number_of_questions_however_many_people_there_are(both: User, now: Any) -> None:
    check_duties(now=now)
    few = _queries(now)
    for number in range(5):
        person(f"More {number}", roles=("responder", "administrator"))
    assert _queries(now) == few


def _queries(now: Any) -> int:
    with CaptureQueriesContext(connection) as counted:
        check_duties(now=now)
    return len(counted)
