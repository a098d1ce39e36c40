"""A role taken for minutes: at once, told, marked, over at the minute, and reviewed by somebody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.duties.pairs import Pair, Reach
from audit.elevation.models import Elevation
from audit.elevation.rights import given_by
from audit.elevation.services import end_elevation, remind_of_reviews, review_elevation, start_elevation, to_review
from audit.events.services import act
from audit.events.stories import parsed
from audit.models import LedgerEvent
from policies.models import Service
from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.access.elevated import elevated, forget
from portal.foundation.access.elevation import grantable_groups
from portal.foundation.access.explained import explain
from portal.foundation.access.places import WORK
from portal.foundation.access.roles import ELEVATABLE, NEVER_BY_SUPERUSER, ROLES
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.granting.services import give
from portal.models import OutboxMessage, User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
ESCALATE = "incidents.escalate_incident"


@pytest.fixture
def rob(db: None) -> User:
    return person("Robin Hale", roles=("administrator",))


@pytest.fixture
def ana(db: None) -> User:
    return person("Ana Ruiz", roles=("compliance",))


@pytest.fixture
def at(monkeypatch: Any, now: Any) -> Any:
    """Moves the clock, which the framework's questions are answered by."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def again(user: User) -> User:
    """As the next request finds them."""
    return User.objects.get(pk=user.pk)


def taken(user: User, now: Any, role: str = "commander", minutes: int = 30) -> Elevation:
    return start_elevation(role, minutes=minutes, actor=user, now=now, reason="Nobody of them answers.")


def test_the_role_counts_at_once_and_not_a_moment_longer(rob: User, at: Any, now: Any) -> None:
    assert not may(rob, ESCALATE)
    taken(rob, now)
    assert may(again(rob), ESCALATE)
    assert may(rob, ESCALATE)
    assert may_somewhere(again(rob), "incidents.view_incident")
    at(now + timedelta(minutes=30) - timedelta(microseconds=1))
    assert may(rob, ESCALATE)
    at(now + timedelta(minutes=30))
    # Also for somebody whose request began before: no job ends it.
    assert not may(rob, ESCALATE)
    assert not may(again(rob), ESCALATE)


def test_what_is_seen_follows_the_role(rob: User, at: Any, now: Any) -> None:
    queryset = User.objects.all()
    assert not visible_to(rob, queryset, "incidents.view_impactreading").exists()
    taken(rob, now)
    assert visible_to(again(rob), queryset, "incidents.view_impactreading").exists()


def test_others_are_told_in_the_same_moment_and_not_the_person(rob: User, ana: User, at: Any, now: Any) -> None:
    both = person("Abe", roles=("approver", "commander"))
    taken(rob, now)
    assert {one.person for one in OutboxMessage.objects.filter(kind="elevation.started")} == {ana, both}
    assert all(one.urgent for one in OutboxMessage.objects.filter(kind="elevation.started"))
    taken(both, now, "administrator")
    assert OutboxMessage.objects.filter(kind="elevation.started", person=both).count() == 1


def test_it_is_ended_by_who_took_it_or_by_a_reviewer(rob: User, ana: User, at: Any, now: Any) -> None:
    later = now + timedelta(minutes=5)
    with pytest.raises(NotAllowed):
        end_elevation(taken(rob, now), actor=person("Stranger"), now=later)
    for by in (rob, ana):
        elevation = Elevation.objects.filter(ended_at=None).first() or taken(rob, now)
        end_elevation(elevation, actor=by, now=later)
        assert not may(again(rob), ESCALATE)
    with pytest.raises(WrongState):
        end_elevation(elevation, actor=rob, now=later)


@pytest.mark.parametrize(
    "wrong", [{"role": "approver"}, {"role": "compliance"}, {"role": ""}, {"minutes": 0}, {"minutes": 61}, {"minutes": -5}, {"reason": " "}]
)
def test_what_cannot_be_taken_is_said(wrong: dict[str, Any], rob: User, now: Any) -> None:
    asked = {"role": "commander", "minutes": 60, "reason": "So.", **wrong}
    with pytest.raises(InvalidInput):
        start_elevation(asked.pop("role"), actor=rob, now=now, **asked)
    assert not Elevation.objects.exists()


def test_only_who_may_takes_a_role_one_at_a_time_and_not_their_own(rob: User, ana: User, at: Any, now: Any) -> None:
    for nobody in (ana, person("Res", roles=("responder",)), None):
        with pytest.raises(NotAllowed):
            taken(nobody, now)
    with pytest.raises(WrongState, match="superuser"):
        taken(User.objects.create_superuser("root"), now)
    with pytest.raises(WrongState, match="nothing that you do not"):
        taken(rob, now, "administrator")
    taken(rob, now)
    with pytest.raises(WrongState, match="already"):
        taken(again(rob), now + timedelta(minutes=10), "manager")
    taken(again(rob), now + timedelta(minutes=30), "manager")


@pytest.mark.parametrize("role", ELEVATABLE)
def test_no_role_that_is_taken_gives_a_second_pair_of_eyes_or_joins_duties(role: str, rob: User, at: Any, now: Any) -> None:
    if role == "administrator":
        rob.groups.clear()
        rob = person("Com", roles=("commander",))
    before = {right for right in NEVER_BY_SUPERUSER if may(rob, right)}
    elevation = taken(rob, now, role)
    assert not set(elevation.rights) & NEVER_BY_SUPERUSER
    wanted = next(one for one in ROLES if one.key == role)
    assert set(elevation.rights) | set(elevation.withheld) <= set(wanted.may)
    assert {right for right in NEVER_BY_SUPERUSER if may(again(rob), right)} == before


def test_what_would_complete_a_pair_is_withheld() -> None:
    pair = Pair(1, "a.give", "a.approve", Reach.EVERYWHERE)
    assert given_by(["a.approve", "a.see"], ["a.give"], [pair], ["a.never"]) == ({"a.see"}, {"a.approve"})
    assert given_by(["a.never", "a.see"], ["a.see"], [pair], ["a.never"]) == (frozenset(), {"a.never"})


def test_a_role_that_was_taken_raises_nobody_for_good(rob: User, at: Any, now: Any) -> None:
    com = person("Com", roles=("commander",))
    before = set(grantable_groups(com))
    taken(com, now, "administrator")
    assert may(again(com), "portal.change_user")
    assert set(grantable_groups(again(com))) == before


def test_what_is_held_for_minutes_is_not_handed_on_and_is_explained(rob: User, at: Any, now: Any) -> None:
    service, tom = Service.objects.create(name="Card payments", key="card-payments"), person("Tom Berg")
    taken(rob, now)
    rob = again(rob)
    assert may(rob, ESCALATE, service)
    assert "that was taken until" in explain(rob, ESCALATE, service, now).ways[0].words
    with pytest.raises(NotAllowed, match="more than you have"):
        give(WORK, tom, service, actor=rob, now=now, reason="While I can.")
    assert may(rob, ESCALATE, service)


def test_every_act_in_it_is_marked(rob: User, at: Any, now: Any) -> None:
    elevation = taken(rob, now)
    rob = again(rob)
    assert may(rob, ESCALATE)
    with act("runbook.looked_at", actor=rob, now=now, subject=rob):
        pass
    forget(rob)
    at(now + timedelta(hours=1))
    with act("runbook.looked_at", actor=rob, now=now, subject=rob):
        pass
    marks = [parsed(one.payload)["ctx"].get("elevation") for one in LedgerEvent.objects.filter(type="runbook.looked_at").order_by("pk")]
    assert marks == [str(elevation.pk), None]


def test_somebody_else_reviews_it_once_and_after_its_end(rob: User, ana: User, at: Any, now: Any) -> None:
    elevation, over = taken(rob, now), now + timedelta(minutes=30)
    said: dict[str, Any] = {"verdict": "justified", "reason": "Looked at the seven events."}
    with pytest.raises(WrongState, match="still runs"):
        review_elevation(elevation, actor=ana, now=now, **said)
    rob.groups.add(*ana.groups.all())
    with pytest.raises(NotAllowed, match="Somebody else"):
        review_elevation(elevation, actor=again(rob), now=over, **said)
    with pytest.raises(InvalidInput):
        review_elevation(elevation, actor=ana, now=over, verdict="fine", reason="So.")
    assert [one.pk for one in to_review(ana, over)] == [elevation.pk]
    assert not to_review(again(rob), over)
    review_elevation(elevation, actor=ana, now=over, **said)
    with pytest.raises(WrongState, match="already"):
        review_elevation(elevation, actor=ana, now=over, **said)
    assert not to_review(ana, over)


def test_a_review_that_is_overdue_is_told_once(rob: User, ana: User, at: Any, now: Any) -> None:
    taken(rob, now)
    assert [remind_of_reviews(now=now + timedelta(hours=hours)) for hours in (72, 73, 74)] == [0, 1, 0]
    assert OutboxMessage.objects.filter(kind="elevation.review_overdue", person=ana).count() == 1


def test_the_database_stretches_and_hides_nothing(rob: User, at: Any, now: Any) -> None:
    elevation = taken(rob, now)
    long = {"person": rob, "role": "manager", "reason": "So.", "started_at": now, "review_due_at": now}
    with pytest.raises(DatabaseError, match="an hour at most"), transaction.atomic():
        Elevation.objects.create(**long, until=now + timedelta(minutes=62))
    for change in ({"until": now + timedelta(minutes=60)}, {"reason": "Another."}, {"role": "manager"}):
        with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic():
            Elevation.objects.filter(pk=elevation.pk).update(**change)
    with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic():
        Elevation.objects.filter(pk=elevation.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Elevation.objects.filter(pk=elevation.pk).update(reviewed_at=now, reviewed_by=rob, verdict="justified")


def test_whoever_may_not_take_a_role_is_asked_nothing_for_it(ana: User, rob: User) -> None:
    for user, most in ((again(ana), 1), (again(rob), 2)):
        with CaptureQueriesContext(connection) as counted:
            for _ in range(3):
                elevated(user)
        assert len(counted) == most
