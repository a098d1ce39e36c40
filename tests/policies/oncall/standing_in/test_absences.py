"""Away: who may say so, what stands open, and coming back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.models import DutyAbsence, OnCallSchedule
from policies.oncall.queries import on_call
from policies.oncall.standing_in.absences import LeavesGaps, end_absence, record_absence
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture
def ana() -> User:
    return person("Ana", manager=person("Noor"))


@pytest.fixture
def tom() -> User:
    return person("Tom")


@pytest.fixture
def rota(ana: User, tom: User) -> OnCallSchedule:
    return make.schedule(ana, tom, name="Payments", zone="Europe/Madrid")


def away(who: User, since: datetime, until: datetime, now: datetime, **fields: Any) -> DutyAbsence:
    return record_absence(who, starts_at=since, ends_at=until, now=now, **{"kind": "leave", "actor": who, **fields})


def test_the_absence_of_the_only_person_lists_what_stands_open_and_stores_nothing(ana: User, rota: OnCallSchedule, now: Any) -> None:
    with pytest.raises(LeavesGaps) as refused:
        away(ana, now, now + WEEK, now)
    assert refused.value.open_times == ["Payments from Mon 02 Mar 2026, 10:00 CET to Mon 09 Mar 2026, 09:00 CET"]
    assert "Nobody takes over for Ana: Payments from" in refused.value.message
    assert DutyAbsence.objects.count() == OutboxMessage.objects.count() == 0


def test_accepted_gaps_are_stored_and_colleagues_and_the_manager_are_told(ana: User, rota: OnCallSchedule, now: Any) -> None:
    made = away(ana, now, now + WEEK, now, accept_gaps=True)
    assert made.made_by == ana
    assert on_call(rota, now + HOUR) is None
    assert {message.person.display_name for message in OutboxMessage.objects.filter(kind="duty.open")} == {"Tom", "Noor"}
    assert "nobody takes over" in OutboxMessage.objects.all()[0].body
    assert DutyAbsence.history.filter(id=made.pk, history_user=ana).count() == 1


def test_an_absence_that_somebody_takes_over_leaves_nothing_open(ana: User, tom: User, now: Any) -> None:
    rota = make.schedule(layers=({"people": (tom,), "name": "Second line"}, {"people": (ana,)}))
    away(ana, now, now + WEEK, now)
    duty = on_call(rota, now + HOUR)
    assert duty is not None
    assert duty.reason == "On call by the rotation of Second line. Ana is away."


def test_a_week_that_is_somebody_elses_leaves_nothing_open(ana: User, rota: OnCallSchedule, now: Any) -> None:
    assert away(ana, now + WEEK, now + WEEK * 2 - HOUR, now)


def test_people_speak_for_themselves_and_managers_for_anybody(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    with pytest.raises(NotAllowed):
        away(ana, now + WEEK, now + WEEK + DAY, now, actor=tom)
    made = away(ana, now + WEEK, now + WEEK + DAY, now, actor=person("Mia", roles=("manager",)))
    with pytest.raises(NotAllowed):
        end_absence(made, actor=tom, now=now)
    with pytest.raises(WrongState, match="is away then anyway"):
        away(ana, now + WEEK, now + WEEK + HOUR, now)


def test_what_cannot_be_meant_is_refused(ana: User, now: Any) -> None:
    for since, until, kind, field in (
        (now - DAY, now + DAY, "leave", "starts_at"),
        (now + DAY, now, "leave", "ends_at"),
        (now, now + DAY, "sulking", "kind"),
    ):
        with pytest.raises(InvalidInput) as refused:
            away(ana, since, until, now, kind=kind)
        assert list(refused.value.fields) == [field]
    User.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        away(User.objects.get(pk=ana.pk), now, now + DAY, now)


def test_whoever_comes_back_early_is_on_duty_from_then_on(ana: User, rota: OnCallSchedule, now: Any) -> None:
    made = away(ana, now, now + 2 * DAY, now, accept_gaps=True)
    end_absence(made, actor=ana, now=now + DAY)
    assert on_call(rota, now + DAY - timedelta(seconds=1)) is None
    assert on_call(rota, now + DAY).person_name == "Ana"  # type: ignore[union-attr]
    with pytest.raises(WrongState, match="ended already"):
        end_absence(made, actor=ana, now=now + DAY)


def test_an_absence_taken_back_before_it_began_never_counts(ana: User, rota: OnCallSchedule, now: Any) -> None:
    made = away(ana, now + DAY, now + 2 * DAY, now, accept_gaps=True)
    end_absence(made, actor=ana, now=now + HOUR)
    assert on_call(rota, now + DAY + HOUR).person_name == "Ana"  # type: ignore[union-attr]
    assert away(ana, now + DAY, now + 2 * DAY, now + HOUR, accept_gaps=True)
