"""One shift for another: asked, answered, lapsed; both agree, or nothing changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.models import DutyAbsence, DutySwap, OnCallOverride, OnCallSchedule
from policies.oncall.queries import on_call
from policies.oncall.standing_in.swaps import accept_swap, ask_swap, decline_swap, lapse_swaps, withdraw_swap
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture
def ana() -> User:
    return person("Ana", time_zone="Europe/Madrid")


@pytest.fixture
def tom() -> User:
    return person("Tom")


@pytest.fixture
def rota(ana: User, tom: User) -> OnCallSchedule:
    """Ana's week runs from Monday 2 March 2026, 09:00, then comes Tom's."""
    return make.schedule(ana, tom, name="Payments")


def asked(rota: OnCallSchedule, giver: User, taker: User, now: datetime, **fields: Any) -> DutySwap:
    """Ana's Wednesday, unless said otherwise."""
    values = {"gives_from": now + 2 * DAY, "gives_until": now + 3 * DAY, "actor": giver, "reason": "A wedding", **fields}
    return ask_swap(rota, giver=giver, taker=taker, now=now, **values)


def both(rota: OnCallSchedule, giver: User, taker: User, now: datetime) -> DutySwap:
    return asked(rota, giver, taker, now, returns_from=now + WEEK + DAY, returns_until=now + WEEK + 2 * DAY)


def who(rota: OnCallSchedule, at: datetime) -> str:
    duty = on_call(rota, at)
    return duty.person_name if duty else "nobody"


def told(kind: str) -> list[str]:
    found = OutboxMessage.objects.filter(idempotency_key__contains=f":{kind}:").order_by("person_id")
    return [message.person.display_name for message in found]


def test_a_swap_changes_nothing_until_both_accepted_and_then_both_shifts(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = both(rota, ana, tom, now)
    assert (swap.giver_accepted_at, swap.taker_accepted_at, told("asked")) == (now, None, ["Tom"])
    assert who(rota, now + 2 * DAY) == "Ana"
    swap = accept_swap(swap, actor=tom, now=now + HOUR)
    assert (swap.state, told("accepted")) == ("accepted", ["Ana", "Tom"])
    assert [who(rota, now + days * DAY) for days in (1, 2, 3, 7, 8, 9)] == ["Ana", "Tom", "Ana", "Tom", "Ana", "Tom"]
    made = OnCallOverride.objects.filter(swap=swap)
    assert {(one.kind, one.person, one.instead_of) for one in made} == {("swap", tom, ana), ("swap", ana, tom)}
    body = OutboxMessage.objects.get(person=ana, idempotency_key__contains=":accepted:").body
    assert "Tom takes over from Ana from Wed 04 Mar 2026, 10:00 CET" in body
    assert DutySwap.history.filter(id=swap.pk).count() == 2


def test_a_shift_for_nothing_is_cover(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    accept_swap(asked(rota, ana, tom, now, actor=tom), actor=ana, now=now)
    assert (OnCallOverride.objects.get().kind, who(rota, now + 2 * DAY)) == ("cover", "Tom")


def test_when_a_manager_asks_both_have_to_accept(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    mia = person("Mia", roles=("manager",))
    swap = asked(rota, ana, tom, now, actor=mia)
    assert told("asked") == ["Ana", "Tom"]
    assert accept_swap(swap, actor=ana, now=now).state == "asked"
    assert accept_swap(swap, actor=ana, now=now).state == "asked"
    with pytest.raises(NotAllowed, match="Only the two people"):
        accept_swap(swap, actor=mia, now=now)
    assert accept_swap(swap, actor=tom, now=now).state == "accepted"
    with pytest.raises(NotAllowed):
        asked(rota, ana, tom, now, actor=person("Omar"))


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"gives_from": timedelta(0), "gives_until": DAY}, "gives_from", "has begun"),
        ({"gives_from": -DAY, "gives_until": DAY}, "gives_from", "the past stays"),
        ({"gives_from": 3 * DAY, "gives_until": 2 * DAY}, "gives_until", "after it starts"),
        ({"gives_from": 6 * DAY, "gives_until": 8 * DAY}, "gives_from", "Ana is not on duty on Payments from Mon 09 Mar"),
        ({"returns_from": 3 * DAY, "returns_until": 4 * DAY}, "returns_from", "Tom is not on duty on Payments"),
        ({"returns_from": 8 * DAY}, "returns_from", "Give both, or neither"),
    ],
)
def test_only_shifts_that_are_theirs_and_still_to_come_are_swapped(
    ana: User, tom: User, rota: OnCallSchedule, now: Any, fields: dict[str, timedelta], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        asked(rota, ana, tom, now, **{name: now + value for name, value in fields.items()})
    assert field in refused.value.fields
    assert DutySwap.objects.count() == OutboxMessage.objects.count() == 0


def test_nobody_swaps_with_themselves_nor_with_somebody_who_cannot(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    with pytest.raises(InvalidInput, match="with somebody else"):
        asked(rota, ana, ana, now)
    other = make.schedule(tom, name="Ledger")
    with pytest.raises(InvalidInput, match="Tom is on duty on Ledger"):
        asked(rota, ana, tom, now)
    other.overrides.create(person=person("Omar"), starts_at=now, ends_at=now + WEEK, made_at=now, reason="x")
    DutyAbsence.objects.create(person=tom, starts_at=now + DAY, ends_at=now + 3 * DAY, made_at=now)
    with pytest.raises(InvalidInput, match="Tom is away from"):
        asked(rota, ana, tom, now)


def test_the_same_swap_is_not_asked_twice(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    asked(rota, ana, tom, now)
    with pytest.raises(WrongState, match="Tom was asked for this time already"):
        asked(rota, ana, tom, now)


def test_no_is_told_with_its_words_and_settles_it(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = decline_swap(asked(rota, ana, tom, now), actor=tom, now=now, answer="I am travelling")
    assert (swap.state, swap.answer, told("declined")) == ("declined", "I am travelling", ["Ana"])
    # What waited to be sent about the question is taken back.
    assert OutboxMessage.objects.get(person=tom).state == "cancelled"
    with pytest.raises(WrongState, match="is declined"):
        accept_swap(swap, actor=tom, now=now)


def test_who_asked_takes_it_back(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = asked(rota, ana, tom, now)
    with pytest.raises(NotAllowed):
        withdraw_swap(swap, actor=tom, now=now)
    assert withdraw_swap(swap, actor=ana, now=now).state == "withdrawn"
    assert told("withdrawn") == ["Tom"]


def test_a_swap_lapses_when_its_first_shift_begins_unanswered(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = both(rota, ana, tom, now)
    assert lapse_swaps(now=now + 2 * DAY - HOUR) == 0
    assert lapse_swaps(now=now + 2 * DAY) == 1
    assert lapse_swaps(now=now + 2 * DAY) == 0
    swap.refresh_from_db()
    assert (swap.state, told("lapsed")) == ("lapsed", ["Ana", "Tom"])
    assert who(rota, now + 2 * DAY) == "Ana"


def test_a_yes_that_comes_when_the_shift_is_somebody_elses_lets_it_lapse(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = asked(rota, ana, tom, now)
    make.override(rota, person("Omar"), now + 2 * DAY, now + 3 * DAY, made_at=now)
    with pytest.raises(WrongState, match=r"The swap has lapsed\. Ana is not on duty") as refused:
        accept_swap(swap, actor=tom, now=now + HOUR)
    assert refused.value.recorded
    swap.refresh_from_db()
    assert (swap.state, told("lapsed")) == ("lapsed", ["Ana", "Tom"])
    assert who(rota, now + 2 * DAY) == "Omar"


def test_a_yes_after_the_shift_began_lets_it_lapse(ana: User, tom: User, rota: OnCallSchedule, now: Any) -> None:
    swap = asked(rota, ana, tom, now)
    with pytest.raises(WrongState, match="began before both had accepted"):
        accept_swap(swap, actor=tom, now=now + 2 * DAY)
    assert OnCallOverride.objects.count() == 0
