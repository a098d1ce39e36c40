"""Two people at the same moment: one after the other, whoever is first, and never something in between."""

from datetime import timedelta
from typing import Any

import pytest

from policies.models import DutySwap, OnCallOverride, SchedulePlan
from policies.oncall.plans import draft_plan, publish_plan
from policies.oncall.queries import on_call
from policies.oncall.standing_in.swaps import accept_swap, ask_swap, decline_swap, lapse_swaps
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.governance.test_races import at_once

# SQLite takes one writer after the other, PostgreSQL locks the rows; the outcome must be the same.
pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def asked(rota: Any, giver: Any, taker: Any, now: Any) -> DutySwap:
    times = {"gives_from": now + 2 * DAY, "gives_until": now + 3 * DAY}
    return ask_swap(rota, giver=giver, taker=taker, actor=giver, now=now, reason="A wedding", **times)


def test_of_two_who_publish_one_draft_one_is_told_that_it_is_done(now: Any) -> None:
    mia, noor = (person(name, roles=("manager",)) for name in ("Mia", "Noor"))
    draft = draft_plan(make.schedule(person("Ana")), actor=mia, now=now)
    works = [
        lambda by=by: publish_plan(draft, actor=by, now=now, reason="Mine", accept_warnings=True)  # type: ignore[misc]
        for by in (mia, noor)
    ]
    met = at_once(*works)
    assert [refusal is None for refusal in met].count(True) == 1
    assert "is published by now" in str(next(refusal for refusal in met if refusal))
    assert SchedulePlan.history.filter(id=draft.pk, state="published").count() == 1


def test_of_two_takers_of_one_shift_one_gets_it_and_the_other_swap_lapses(now: Any) -> None:
    ana, tom, omar = (person(name) for name in ("Ana", "Tom", "Omar"))
    rota = make.schedule(ana)
    swaps = [asked(rota, ana, taker, now) for taker in (tom, omar)]
    met = at_once(*[lambda swap=swap: accept_swap(swap, actor=swap.taker, now=now) for swap in swaps])  # type: ignore[misc]
    assert [refusal is None for refusal in met].count(True) == 1
    assert sorted(DutySwap.objects.values_list("state", flat=True)) == ["accepted", "lapsed"]
    assert OnCallOverride.objects.count() == 1
    accepted = DutySwap.objects.get(state="accepted")
    assert on_call(rota, now + 2 * DAY).person_id == accepted.taker_id  # type: ignore[union-attr]


def test_yes_twice_at_once_is_one_swap(now: Any) -> None:
    ana, tom = person("Ana"), person("Tom")
    swap = asked(make.schedule(ana), ana, tom, now)
    met = at_once(*[lambda: accept_swap(swap, actor=tom, now=now)] * 2)
    assert [refusal is None for refusal in met].count(True) == 1
    assert OnCallOverride.objects.count() == 1


def test_yes_and_no_at_once_end_in_one_of_the_two(now: Any) -> None:
    ana, tom = person("Ana"), person("Tom")
    swap = asked(make.schedule(ana), ana, tom, now)
    met = at_once(
        lambda: accept_swap(swap, actor=tom, now=now),
        lambda: decline_swap(swap, actor=ana, now=now, answer="Never mind"),
        lambda: lapse_swaps(now=now),
    )
    swap.refresh_from_db()
    assert [refusal is None for refusal in met[:2]].count(True) == 1
    assert swap.state == ("accepted" if met[0] is None else "declined")
    assert OnCallOverride.objects.count() == (1 if met[0] is None else 0)
