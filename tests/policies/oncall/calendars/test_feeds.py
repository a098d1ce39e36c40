"""Feeds show the final view, to whoever holds the address, for as long as that is meant."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from django.test import Client

from policies.decisions.rota import RotaSnapshot, person_at
from policies.models import CalendarFeed, DutyAbsence, FeedAccess, OnCallSchedule
from policies.oncall.calendars import feed_services
from policies.oncall.calendars.feed_services import feed_of, make_feed, revoke_feed
from policies.oncall.calendars.feeds import AHEAD, PAST, schedule_text, text_of
from policies.oncall.queries import rota_of
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.redaction import one_line
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Client:
    monkeypatch.setattr(clock, "now", lambda: now)
    return Client()


def lisbon_to_lord_howe() -> OnCallSchedule:
    """A schedule of two layers on Lord Howe's clocks, with hours, an override and an absence."""
    ana, tom, kim = person("Ana Ruiz"), person("Tom Brandt"), person("Kim Lee")
    days = {"people": (ana, tom), "unit": "days", "handover_at": time(2, 15)}
    hours = {"people": (kim, ana), "windows": ({"weekdays": 31, "starts": time(8), "ends": time(17, 30)},), "starts_on": date(2026, 1, 6)}
    made = make.schedule(zone="Australia/Lord_Howe", layers=(days, hours))
    begin = datetime(2026, 4, 4, 10, 0, tzinfo=UTC)
    make.override(made, kim, begin, begin + timedelta(hours=30))
    DutyAbsence.objects.create(person=tom, starts_at=begin, ends_at=begin + timedelta(days=20), made_at=begin)
    return made


def test_an_independent_library_finds_the_same_person_on_duty_at_a_thousand_instants(now: datetime) -> None:
    madrid = make.schedule(person("Eva Sol"), person("Jon Gil"), zone="Europe/Madrid", layers=({"unit": "days", "every": 3},))
    partly = make.schedule(
        person("Pia Roy"), zone="America/Sao_Paulo", layers=({"windows": ({"weekdays": 127, "starts": time(20), "ends": time(6)},)},)
    )
    chosen = random.Random(7)
    for schedule, how_many in ((madrid, 300), (partly, 300), (lisbon_to_lord_howe(), 400)):
        rota = rota_of(schedule, now - PAST)
        same_at(rota, schedule_text(schedule, now), [now - PAST + chosen.random() * (PAST + AHEAD) for _ in range(how_many)])


def same_at(rota: RotaSnapshot, text: str, instants: list[datetime]) -> None:
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(text))
    events = [(each["DTSTART"].dt, each["DTEND"].dt, str(each["SUMMARY"])) for each in read.between(min(instants), max(instants))]
    wrong = []
    for at in instants:
        told = [title for starts, ends, title in events if starts <= at < ends]
        who = person_at(rota, at)
        if told != ([f"On call: {who.name}"] if who else []):
            wrong.append((at, told, who))
    assert not wrong


def test_a_slot_keeps_its_identity_however_the_days_pass(now: datetime) -> None:
    schedule = lisbon_to_lord_howe()

    def slots(at: datetime) -> dict[str, tuple[Any, Any]]:
        events = icalendar.Calendar.from_ical(schedule_text(schedule, at)).walk("VEVENT")
        return {str(event["UID"]): (event["DTSTART"].dt, event["DTEND"].dt) for event in events}

    today, later = slots(now), slots(now + timedelta(days=17, hours=5))
    both = today.keys() & later.keys()
    assert len(both) > 200
    assert {uid: today[uid] for uid in both} == {uid: later[uid] for uid in both}
    # What the later copy no longer shows is over; nothing of the time both show is missing.
    edge = now + timedelta(days=17) - PAST
    assert {uid for uid, (_, ends) in today.items() if ends > edge} <= later.keys()


def test_a_feed_says_why_and_holds_no_contact_data(door: Client, now: datetime) -> None:
    ana = person("Ana Ruiz", email="ana@example.org", roles=("responder",))
    contact(ana, "https://push.example.org/secret-token")
    schedule = make.schedule(ana, name="Payments", zone="Europe/Madrid")
    _, token = make_feed("screen", actor=ana, now=now, schedule=schedule)
    text = door.get(f"/calendars/{token}.ics").content.decode().replace("\r\n ", "")
    assert "SUMMARY:On call: Ana Ruiz" in text
    assert "by the rotation of First line" in text
    assert "example.org" not in text


def test_a_persons_feed_shows_their_duty_in_every_schedule_and_nobody_elses(door: Client, now: datetime) -> None:
    ana, tom = person("Ana Ruiz"), person("Tom Brandt")
    make.schedule(ana, tom, name="Payments")
    make.schedule(tom, ana, name="Ledger")
    make.schedule(tom, name="Of somebody else")
    _, token = make_feed("my telephone", actor=ana, now=now, person=ana)
    text = door.get(f"/calendars/{token}.ics").content.decode()
    titles = {str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    assert titles == {"On call: Payments", "On call: Ledger"}
    assert "Tom Brandt" not in text


def test_a_reader_that_has_it_already_is_told_so(door: Client, now: datetime) -> None:
    _, token = own_feed(now)
    first = door.get(f"/calendars/{token}.ics")
    assert (first.status_code, first["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert first["Cache-Control"] == "private, max-age=300"
    again = door.get(f"/calendars/{token}.ics", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    head = door.head(f"/calendars/{token}.ics")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])
    assert door.post(f"/calendars/{token}.ics").status_code == 405


def test_what_changed_is_told_with_a_new_stamp(now: datetime) -> None:
    ana = person("Ana Ruiz")
    schedule = make.schedule(ana)
    before = schedule_text(schedule, now)
    make.override(schedule, person("Tom"), now + timedelta(hours=2), now + timedelta(hours=3), made_at=now)
    after = schedule_text(schedule, now)
    assert "LAST-MODIFIED:20200101T000000Z" in before
    assert "LAST-MODIFIED:20260302T090000Z" in after
    assert "LAST-MODIFIED:20200101T000000Z" not in after


def own_feed(now: datetime) -> tuple[CalendarFeed, str]:
    ana = person("Ana Ruiz")
    make.schedule(ana)
    return make_feed("my telephone", actor=ana, now=now, person=ana)


def test_only_the_hash_of_the_address_is_kept(now: datetime) -> None:
    feed, token = own_feed(now)
    assert len(token) >= 43, "256 bits"
    row = CalendarFeed.objects.filter(pk=feed.pk).values().get()
    assert token not in str(row) + str(list(feed.history.values()))
    assert feed_of(token) == feed
    assert feed_of(feed.token_hash) is None


def test_a_log_line_shows_no_address(now: datetime) -> None:
    _, token = own_feed(now)
    assert one_line(f'"GET /calendars/{token}.ics HTTP/1.1" 429') == '"GET /calendars/***.ics HTTP/1.1" 429'


def test_readings_are_counted_by_day_address_and_program(door: Client, now: datetime) -> None:
    feed, token = own_feed(now)
    for _ in range(3):
        door.get(f"/calendars/{token}.ics", headers={"User-Agent": "Phone/1.0\r\nforged"})
    door.head(f"/calendars/{token}.ics", REMOTE_ADDR="not an address")
    told = FeedAccess.objects.order_by("-count").values_list("feed", "day", "address", "program", "count")
    assert list(told) == [(feed.pk, now.date(), "127.0.0.1", "Phone/1.0??forged", 3), (feed.pk, now.date(), None, "", 1)]


def test_a_feed_that_is_read_all_the_time_is_asked_to_wait(door: Client, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_services, "MOST_READS_A_DAY", 2)
    _, token = own_feed(now)
    assert [door.get(f"/calendars/{token}.ics").status_code for _ in range(3)] == [200, 200, 429]
    assert door.get(f"/calendars/{token}.ics")["Retry-After"] == str(15 * 60 * 60)


def test_a_revoked_feed_leads_nowhere(door: Client, now: datetime) -> None:
    feed, token = own_feed(now)
    revoke_feed(feed, actor=feed.owner, now=now)
    assert door.get(f"/calendars/{token}.ics").status_code == 404
    with pytest.raises(WrongState):
        revoke_feed(feed, actor=feed.owner, now=now)


@pytest.mark.parametrize("path", ["nothing", "x" * 400, "%00", "../admin", "ü"])
def test_any_other_address_leads_nowhere(door: Client, path: str) -> None:
    assert door.get(f"/calendars/{path}.ics").status_code == 404


def test_the_feed_of_somebody_who_left_leads_nowhere(door: Client, now: datetime) -> None:
    feed, token = own_feed(now)
    feed.owner.is_active = False
    feed.owner.save()
    assert door.get(f"/calendars/{token}.ics").status_code == 404


def test_whoever_lost_the_right_to_see_schedules_loses_the_feed(door: Client, now: datetime) -> None:
    reader = person("Rita", roles=("responder",))
    _, token = make_feed("screen", actor=reader, now=now, schedule=make.schedule(reader))
    assert door.get(f"/calendars/{token}.ics").status_code == 200
    reader.groups.clear()
    assert door.get(f"/calendars/{token}.ics").status_code == 404


def test_feeds_of_others_need_the_right_to_see_schedules(now: datetime) -> None:
    nobody, ana = person("Nobody"), person("Ana")
    with pytest.raises(NotAllowed):
        make_feed("x", actor=nobody, now=now, person=ana)
    with pytest.raises(NotAllowed):
        make_feed("x", actor=nobody, now=now, schedule=make.schedule(ana))
    with pytest.raises(InvalidInput, match="schedule or a person"):
        make_feed("x", actor=ana, now=now)
    with pytest.raises(InvalidInput, match="where the feed is read"):
        make_feed("  ", actor=ana, now=now, person=ana)


def test_nobody_revokes_a_feed_of_somebody_else_without_the_right(now: datetime) -> None:
    feed, _ = own_feed(now)
    with pytest.raises(NotAllowed):
        revoke_feed(feed, actor=person("Rita", roles=("responder",)), now=now)
    revoke_feed(feed, actor=person("Mona", roles=("manager",)), now=now)


def test_nobody_hoards_feeds(now: datetime) -> None:
    feed, _ = own_feed(now)
    for number in range(feed_services.MOST_FEEDS - 1):
        make_feed(str(number), actor=feed.owner, now=now, person=feed.owner)
    with pytest.raises(WrongState, match="Revoke one"):
        make_feed("one more", actor=feed.owner, now=now, person=feed.owner)


def test_a_persons_feed_takes_no_more_queries_for_more_schedules(now: datetime, django_assert_max_num_queries: Any) -> None:
    feed, _ = own_feed(now)
    for _ in range(4):
        make.schedule(feed.owner, person("Other"))
    with django_assert_max_num_queries(13):
        text_of(CalendarFeed.objects.select_related("schedule", "person").get(), now)
