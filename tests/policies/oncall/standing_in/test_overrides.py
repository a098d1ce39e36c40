"""Somebody takes over: what is refused, what counts, and how it ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.models import DutyAbsence, OnCallOverride, OnCallSchedule
from policies.oncall.queries import on_call
from policies.oncall.standing_in.overrides import end_override, make_override
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture
def mia() -> User:
    return person("Mia", roles=("manager",))


@pytest.fixture
def ana() -> User:
    return person("Ana")


@pytest.fixture
def tom() -> User:
    return person("Tom")


@pytest.fixture
def rota(ana: User, tom: User) -> OnCallSchedule:
    """Ana's week runs from Monday 2 March 2026, 09:00, then comes Tom's."""
    return make.schedule(ana, tom)


def made(rota: OnCallSchedule, who: User, since: datetime, until: datetime, actor: User, now: datetime, **fields: Any) -> OnCallOverride:
    values = {"reason": "Dentist", **fields}
    return make_override(rota, person=who, starts_at=since, ends_at=until, actor=actor, now=now, **values)


def who(rota: OnCallSchedule, at: datetime) -> str:
    duty = on_call(rota, at)
    return duty.person_name if duty else "nobody"


def test_an_override_counts_says_for_whom_and_tells_both(mia: User, ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    override = made(rota, tom, now + HOUR, now + 3 * HOUR, mia, now)
    assert [who(rota, now + hours * HOUR) for hours in (0, 1, 3)] == ["Ana", "Tom", "Ana"]
    assert on_call(rota, now + HOUR).reason == "Takes over for Ana."  # type: ignore[union-attr]
    assert {message.person for message in OutboxMessage.objects.filter(kind="duty.override")} == {ana, tom}
    assert OnCallOverride.history.filter(id=override.pk, history_user=mia).count() == 1


def test_what_changes_within_the_hour_cannot_wait(mia: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    made(rota, tom, now + DAY, now + 2 * DAY, mia, now)
    assert set(OutboxMessage.objects.values_list("urgent", flat=True)) == {False}
    OutboxMessage.objects.all().delete()
    made(rota, tom, now, now + HOUR, mia, now)
    assert set(OutboxMessage.objects.values_list("urgent", flat=True)) == {True}


def test_a_start_a_moment_ago_is_now_and_one_before_is_the_past(mia: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    assert made(rota, tom, now - 4 * HOUR / 60, now + HOUR, mia, now).starts_at == now
    with pytest.raises(InvalidInput, match="the past stays as it was"):
        made(rota, tom, now - HOUR, now + HOUR, mia, now)


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (2 * HOUR, HOUR, "ends_at"),
        (HOUR, HOUR, "ends_at"),
        (HOUR, HOUR + 401 * DAY, "ends_at"),
    ],
)
def test_a_stretch_that_nobody_can_mean_is_refused(
    mia: User, tom: User, rota: OnCallSchedule, now: Any, since: timedelta, until: timedelta, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(rota, tom, now + since, now + until, mia, now)
    assert list(refused.value.fields) == [field]
    assert OnCallOverride.objects.count() == 0


def test_somebody_who_left_is_away_or_on_duty_anyway_does_not_take_over(
    mia: User, ana: User, tom: User, rota: OnCallSchedule, now: Any
) -> None:
    with pytest.raises(InvalidInput, match="Ana is on duty then anyway"):
        made(rota, ana, now, now + HOUR, mia, now)
    assert made(rota, ana, now, now + WEEK + HOUR, mia, now).instead_of is None
    DutyAbsence.objects.create(person=tom, starts_at=now + DAY, ends_at=now + 2 * DAY, made_at=now)
    with pytest.raises(InvalidInput, match=r"Tom is away from Tue 03 Mar 2026, 09:00 UTC .* \(on leave\)"):
        made(rota, tom, now, now + 2 * DAY, mia, now)
    assert made(rota, tom, now, now + DAY, mia, now)
    User.objects.filter(pk=tom.pk).update(is_active=False)
    with pytest.raises(InvalidInput, match="can no longer sign in"):
        made(rota, tom, now, now + HOUR, mia, now)


def test_who_may_and_why_are_asked(ana: User, tom: User, mia: User, rota: OnCallSchedule, now: Any) -> None:
    with pytest.raises(NotAllowed):
        made(rota, tom, now, now + HOUR, ana, now)
    with pytest.raises(InvalidInput, match="Say in a sentence"):
        made(rota, tom, now, now + HOUR, mia, now, reason=" ")
    assert made(rota, tom, now, now + HOUR, person("Cora", roles=("commander",)), now)


def test_a_running_override_ends_now_and_what_was_stays(mia: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    override = made(rota, tom, now, now + 4 * HOUR, mia, now)
    ended = end_override(override, actor=mia, now=now + HOUR, reason="Ana is back")
    assert (ended.ended_at, who(rota, now + HOUR)) == (now + HOUR, "Ana")
    assert who(rota, now + HOUR - timedelta(seconds=1)) == "Tom"
    with pytest.raises(WrongState, match="ended already"):
        end_override(override, actor=mia, now=now + HOUR, reason="Again")


def test_an_override_that_has_not_begun_never_counts_once_ended(mia: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    override = made(rota, tom, now + DAY, now + 2 * DAY, mia, now)
    end_override(override, actor=mia, now=now + HOUR, reason="Not needed")
    assert who(rota, now + DAY + HOUR) == "Ana"


def test_an_override_that_is_over_stays(mia: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    override = made(rota, tom, now, now + HOUR, mia, now)
    with pytest.raises(WrongState, match="is over"):
        end_override(override, actor=mia, now=now + HOUR, reason="Late")
