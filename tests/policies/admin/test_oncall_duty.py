"""Overrides, swaps, absences and 'My duty': asked and answered in the admin, refused in words."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import LedgerEvent
from policies.models import DutyAbsence, DutySwap, OnCallOverride, OnCallSchedule
from portal.foundation import clock
from portal.models import User
from portal.site.dashboard.queries import cards_for
from tests.factories import policies as make
from tests.factories.portal import person

from .forms import as_

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINE = "/admin/policies/dutyabsence/mine/"
AWAY = "/admin/policies/dutyabsence/away/"


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", roles=("responder",))


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.fixture
def mia() -> User:
    return person("Mia Manager", roles=("manager",))


@pytest.fixture
def rota(ana: User, tom: User) -> OnCallSchedule:
    """Weekly from Monday 5 January 2026 at 09:00 UTC: Ana, Tom … It is Monday 2 March, 09:00: Ana's week begins."""
    return make.schedule(ana, tom, name="Payments")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def door(schedule: OnCallSchedule, name: str, since: datetime, until: datetime) -> str:
    times = urlencode({"from": since.isoformat(), "until": until.isoformat()})
    return f"{reverse(f'admin:policies_oncallschedule_{name}', args=[schedule.pk])}?{times}"


def stretch(since: str, until: str, **more: Any) -> dict[str, Any]:
    (begin_day, begin), (end_day, end) = since.split(), until.split()
    return {"starts_at_0": begin_day, "starts_at_1": begin, "ends_at_0": end_day, "ends_at_1": end, **more}


def test_an_override_takes_three_presses(rota: OnCallSchedule, mia: User, tom: User, now: datetime) -> None:
    client = as_(mia)
    page = text(client.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk])))
    assert "/override/?" in page
    address = door(rota, "override", now, now + 7 * DAY)
    form = client.get(address)
    for words in ("Ana Ruiz is on duty", 'value="2026-03-02"', 'value="09:00"', 'value="Stands in for Ana Ruiz"', "In this schedule"):
        assert words in text(form), words
    sent = {**stretch("2026-03-02 09:00", "2026-03-09 09:00"), "person": tom.pk, "reason": form.context["form"].initial["reason"]}
    answer = client.post(address, sent, follow=True)
    assert "Tom Berg takes over: Mon 2 Mar 2026, 09:00 to Mon 9 Mar 2026, 09:00 UTC." in text(answer)
    assert "Tom Berg is on call until" in text(answer)
    assert OnCallOverride.objects.get().made_by == mia


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (stretch("2026-03-03 09:00", "2026-03-03 08:00"), "ends after it starts"),
        (stretch("2026-02-01 09:00", "2026-03-03 08:00"), "the past stays as it was"),
        (stretch("2026-03-03 09:00", "2031-03-03 08:00"), "400 days at most"),
        (stretch("2026-03-03 09:00", "9999-12-31 08:00"), "out of reach"),
        (stretch("2026-03-03 25:00", "2026-03-04 08:00"), "Enter a valid time"),
        ({"starts_at_0": "2026-03-03"}, "Give the day and the time."),
        (stretch("2026-03-03 09:00", "2026-03-04 08:00", person=""), "This field is required"),
        (stretch("2026-03-03 09:00", "2026-03-04 08:00", person="999999"), "Select a valid choice"),
        (stretch("2026-03-03 09:00", "2026-03-04 08:00", reason=" "), "This field is required"),
    ],
)
def test_an_override_that_cannot_be_keeps_what_was_typed(
    rota: OnCallSchedule, mia: User, tom: User, now: datetime, wrong: dict[str, Any], told: str
) -> None:
    answer = as_(mia).post(door(rota, "override", now, now + DAY), {"person": tom.pk, "reason": "Dentist", **wrong})
    assert answer.status_code == 400
    assert told in text(answer)
    assert not OnCallOverride.objects.exists()


def test_links_with_nonsense_open_an_empty_form(rota: OnCallSchedule, mia: User) -> None:
    client, address = as_(mia), reverse("admin:policies_oncallschedule_override", args=[rota.pk])
    for query in ("?from=yesterday&until=%00", "?from=9999-12-31T23:59:59Z&until=0001-01-01T00:00:00Z", "?from=2026-03-02T09:00", ""):
        assert client.get(address + query).status_code == 200
    assert client.get(reverse("admin:policies_oncallschedule_override", args=[rota.pk + 1])).status_code == 404


def test_who_may_not_override_is_refused(rota: OnCallSchedule, ana: User, now: datetime) -> None:
    assert as_(ana).post(door(rota, "override", now, now + DAY), {}).status_code == 403


def test_an_override_is_ended_with_a_reason(rota: OnCallSchedule, mia: User, tom: User, now: datetime) -> None:
    made = make.override(rota, tom, now + DAY, now + 2 * DAY, made_at=now, reason="Dentist")
    client, address = as_(mia), reverse("admin:policies_oncalloverride_do", args=[made.pk, "end"])
    assert address in text(client.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk])))
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "Not needed"}).status_code == 302
    made.refresh_from_db()
    assert (made.ended_at, made.ended_by) == (now, mia)
    assert "Mia Manager ended it." in text(client.get(reverse("admin:policies_oncalloverride_change", args=[made.pk])))
    assert "Dentist" in text(client.get(reverse("admin:policies_oncalloverride_changelist")))


def test_a_shift_is_swapped_between_two_people(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    week = timedelta(weeks=1)
    giver, taker = as_(ana), as_(tom)
    address = door(rota, "swap", now + 2 * week, now + 3 * week)
    assert address.split("?")[0] in text(giver.get(MINE))
    form = text(giver.get(address))
    assert "Tom Berg, nothing in return" in form
    back = f"{tom.pk}|{(now + 3 * week).isoformat()}|{(now + 4 * week).isoformat()}"
    assert f'value="{back}"' in form
    sent = {**stretch("2026-03-16 09:00", "2026-03-23 09:00"), "partner": back, "reason": "Wedding"}
    asked = giver.post(address, sent, follow=True)
    assert "Tom Berg was asked and can accept or decline." in text(asked)
    assert "Waits for Tom Berg" in text(asked)
    swap = DutySwap.objects.get()
    assert [card.total for card in cards_for(tom, now) if card.key == "swaps"] == [1]
    mine = text(taker.get(MINE))
    assert "waits for you" in mine
    assert "Ana Ruiz takes over from Tom Berg: Mon 23 Mar 2026, 09:00 to Mon 30 Mar 2026, 09:00 UTC." in mine
    accept = reverse("admin:policies_dutyswap_do", args=[swap.pk, "accept"])
    assert giver.post(accept).status_code == 403
    assert text(taker.post(accept, follow=True)).count("accepted") >= 1
    swap.refresh_from_db()
    assert (swap.state, OnCallOverride.objects.filter(swap=swap).count()) == ("accepted", 2)
    table = text(giver.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk]), {"view": "table"}))
    assert "Swapped the shift for Ana Ruiz." in table


def test_a_swap_is_declined_or_withdrawn_and_strangers_stay_out(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    address = door(rota, "swap", now + 14 * DAY, now + 21 * DAY)
    sent = {**stretch("2026-03-16 09:00", "2026-03-23 09:00"), "partner": str(tom.pk), "reason": "<b>Rest</b>"}
    as_(ana).post(address, sent)
    again = as_(ana).post(address, sent)
    assert again.status_code == 400
    assert "was asked for this time already" in text(again)
    swap = DutySwap.objects.get()
    stranger = as_(person("Stan", roles=("responder",)))
    for key in ("accept", "decline", "withdraw"):
        assert stranger.post(reverse("admin:policies_dutyswap_do", args=[swap.pk, key])).status_code == 403
    assert "&lt;b&gt;Rest" in text(as_(tom).get(MINE))
    as_(tom).post(reverse("admin:policies_dutyswap_do", args=[swap.pk, "decline"]), {"reason": "I am away too"})
    assert "I am away too" in text(as_(ana).get(MINE))
    as_(ana).post(address, sent)
    second = DutySwap.objects.exclude(pk=swap.pk).get()
    as_(ana).post(reverse("admin:policies_dutyswap_do", args=[second.pk, "withdraw"]), {"reason": ""})
    second.refresh_from_db()
    assert second.state == "withdrawn"


@pytest.mark.parametrize("partner", ["", "x", "1|2|3", "99999999999999999999", "{self}"])
def test_a_swap_with_nobody_or_oneself_is_refused(rota: OnCallSchedule, ana: User, now: datetime, partner: str) -> None:
    sent = {**stretch("2026-03-16 09:00", "2026-03-23 09:00"), "partner": partner.format(self=ana.pk), "reason": "Rest"}
    answer = as_(ana).post(door(rota, "swap", now, now + DAY), sent)
    assert answer.status_code == 400
    assert not DutySwap.objects.exists()


def test_a_shift_of_somebody_else_cannot_be_given_away(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    sent = {**stretch("2026-03-09 09:00", "2026-03-16 09:00"), "partner": str(tom.pk), "reason": "Rest"}
    answer = as_(ana).post(door(rota, "swap", now, now + DAY), sent)
    assert answer.status_code == 400
    assert "Ana Ruiz is not on duty on Payments" in text(answer)


def test_going_on_holiday_warns_of_what_nobody_takes_over(rota: OnCallSchedule, ana: User, now: datetime) -> None:
    client = as_(ana)
    assert "I am away" in text(client.get(AWAY))
    sent = {**stretch("2026-03-15 00:00", "2026-03-29 00:00"), "person": ana.pk, "kind": "leave", "reason": ""}
    warned = client.post(AWAY, sent)
    assert warned.status_code == 400
    told = text(warned)
    assert "Nobody takes over:" in told
    assert "Payments from Mon 16 Mar 2026, 09:00 UTC to Mon 23 Mar 2026, 09:00 UTC" in told
    assert 'name="accept_gaps"' in told
    assert not DutyAbsence.objects.exists()
    done = client.post(AWAY, {**sent, "accept_gaps": "on"}, follow=True)
    assert "on duty nowhere meanwhile" in text(done)
    assert "on leave" in text(done)
    away = DutyAbsence.objects.get()
    month = text(client.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk])))
    assert "Away: Ana Ruiz" in month
    assert "duty-gap-sign" in month
    assert [card.loud for card in cards_for(ana, now) if card.key == "duty"] == [False]
    client.post(reverse("admin:policies_dutyabsence_do", args=[away.pk, "end"]), {"reason": ""})
    away.refresh_from_db()
    assert away.ended_at == now


def test_nobody_records_or_ends_an_absence_of_somebody_else_without_the_right(ana: User, tom: User, mia: User, now: datetime) -> None:
    sent = {**stretch("2026-03-15 00:00", "2026-03-29 00:00"), "person": tom.pk, "kind": "leave"}
    assert as_(ana).post(AWAY, sent).status_code == 400
    assert not DutyAbsence.objects.exists()
    assert as_(mia).post(AWAY, sent).status_code == 302
    away = DutyAbsence.objects.get()
    assert away.person == tom
    assert as_(ana).post(reverse("admin:policies_dutyabsence_do", args=[away.pk, "end"]), {}).status_code == 403
    assert "Tom Berg" in text(as_(mia).get(reverse("admin:policies_dutyabsence_changelist")))


def test_my_duty_of_somebody_without_any_teaches(ana: User) -> None:
    told = text(as_(ana).get(MINE))
    for words in ("You have no duty in the next 90 days.", "Nobody asked you for a swap", "You are in none of them", "You are not away"):
        assert words in told
    assert Client().get(MINE).status_code == 302


def test_my_duty_takes_the_same_queries_for_one_schedule_and_for_five(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    client = as_(ana)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(MINE)
        return len(captured)

    queries()
    few = queries()
    for place in range(4):
        make.schedule(tom, ana, name=f"Rota {place}")
    assert "Rota 3" in text(client.get(MINE))
    assert queries() == few


def test_the_work_list_names_my_next_duty_and_is_loud_when_nobody_is_on_call(rota: OnCallSchedule, ana: User, now: datetime) -> None:
    cards = {card.key: card for card in cards_for(ana, now)}
    assert cards["duty"].rows[0].text == "Payments: you are on duty now"
    make.schedule(name="Nobody there")
    assert cards_for(person("Mona", roles=("manager",)), now)
    assert LedgerEvent.objects.filter(type="oncall_override.made").count() == 0
