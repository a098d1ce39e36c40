"""Schedules that make no packs stand on the work list of whoever can do something about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import User
from portal.site.dashboard.pack_schedules import schedules_that_stand
from portal.site.dashboard.queries import cards_for
from reports.models import PackSchedule, ScheduledPack
from reports.schedules.services import pause
from tests.factories import quarterly as make
from tests.factories.schedules import MONDAY, weekly

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=8)


def shown(reader: Any) -> list[tuple[str, str]]:
    card = schedules_that_stand(reader, LATER)
    return [(row.text, row.action) for row in card.rows] if card else []


def failed(schedule: PackSchedule, why: str = "The disk is full.", **fields: Any) -> ScheduledPack:
    due = fields.pop("due_at", LATER)
    return ScheduledPack.objects.create(
        schedule=schedule, period=f"weekly:{due.date()}", quarter="2026Q2", due_at=due, opened_at=due, failure=why, tries=3, **fields
    )


def test_a_paused_one_and_one_whose_pack_failed_are_their_owners() -> None:
    cora, olga = make.compliance(), make.compliance("Olga")
    paused, broken, fine = weekly(cora, name="Board"), weekly(cora, name="Committee"), weekly(cora, name="Risk")
    pause(paused, actor=olga, now=LATER, reason="The board is away.")
    failed(broken, again_at=LATER + timedelta(hours=1))
    failed(fine, due_at=LATER - timedelta(days=7))
    failed(fine, "", done_at=LATER)
    assert shown(cora) == [("Board: paused", "Let it go on"), ("Committee: the pack of 2026Q2 was not made", "See why")]
    card = next(card for card in cards_for(cora, LATER) if card.key == "pack-schedules")
    assert [row.detail for row in card.rows] == ["The board is away.", "The disk is full. It is tried again by itself."]
    assert shown(olga) == []


def test_what_somebody_left_behind_can_be_taken_over_by_whoever_may_build_packs_and_nobody_else() -> None:
    gone, olga, mona = make.compliance("Gone"), make.compliance("Olga"), make.manager()
    schedule = weekly(gone, name="Board")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    pause(schedule, actor=None, now=LATER, reason="Its owner has left.")
    assert shown(olga) == [("Board: paused", "Take it over")]
    assert "pack-schedules" in [card.key for card in cards_for(olga, LATER)]
    assert "pack-schedules" not in [card.key for card in cards_for(mona, LATER)]
    PackSchedule.objects.update(retired_at=LATER)
    assert shown(olga) == []


def test_it_asks_as_often_however_many_stand() -> None:
    cora = make.compliance()

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            schedules_that_stand(cora, LATER)
        return len(caught)

    failed(weekly(cora, name="First"))
    few = queries()
    for number in range(12):
        failed(weekly(cora, name=f"More {number}"))
    assert queries() == few == 3
    card = schedules_that_stand(cora, LATER)
    assert card is not None
    assert (len(card.rows), card.count) == (8, 13)
