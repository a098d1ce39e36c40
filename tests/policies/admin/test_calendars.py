"""The pages of calendars: look first, then bring in; an address that is shown once; who read it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from policies.models import CalendarFeed, CalendarSource, ImportedDuty, OnCallSchedule
from policies.oncall.calendars.feed_services import make_feed, note_access
from policies.oncall.calendars.source_services import Wanted, add_source, bring_in
from portal.foundation import clock
from portal.foundation.people.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.oncall.calendars.files import calendar, event, handwritten

pytestmark = pytest.mark.django_db
SOURCES, FEEDS = "admin:policies_calendarsource", "admin:policies_calendarfeed"
ADD = f"{SOURCES}_add"


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", username="ana", roles=("responder",))


@pytest.fixture
def payments(ana: User) -> OnCallSchedule:
    return make.schedule(person("Tom Brandt", username="tom"), name="Payments")


@pytest.fixture
def mona() -> User:
    return person("Mona", roles=("manager",))


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("team.ics", data, content_type="text/calendar")


def page(client: Client, thing: Any, name: str = SOURCES) -> str:
    return client.get(reverse(f"{name}_change", args=[thing.pk])).content.decode()


def test_a_file_is_looked_at_first_and_then_brought_in(payments: OnCallSchedule, mona: User) -> None:
    client = signed_in(mona)
    assert "who is on duty in Payments" in client.get(f"{reverse(ADD)}?schedule={payments.pk}").content.decode()
    answer = client.post(reverse(ADD), {"name": "Team", "schedule": payments.pk, "file": upload(handwritten("grafana_oncall.ics"))})
    source = CalendarSource.objects.get()
    assert answer.headers["Location"] == reverse(f"{SOURCES}_change", args=[source.pk])
    told = page(client, source)
    assert "3 events read, 2 stretches in the coming 180 days." in told
    assert "somebody.who.left" in told
    assert "Not in use yet" in told
    assert not ImportedDuty.objects.exists()

    mark = source.pending_at.isoformat() if source.pending_at else ""
    bring = reverse(f"{SOURCES}_bring_in", args=[source.pk])
    client.post(bring, {"looked_at": mark, "reason": ""})
    client.post(bring, {"looked_at": "another copy", "reason": "Yes"})
    assert not ImportedDuty.objects.exists()
    client.post(bring, {"looked_at": mark, "reason": "The team keeps it there"})
    assert ImportedDuty.objects.count() == 2
    told = page(client, source)
    assert "In use: duty in Payments" in told
    assert "Left out of the copy in use" in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"file": b"x" * 10_000_000}, "larger than 2 MB"),
        ({"file": b"<html>"}, "not an iCalendar file"),
        ({"file": calendar(event("Nobody", ":20260310T080000Z"))}, "Nobody"),
        ({}, "Choose a file, or give an address"),
        ({"address": "http://10.0.0.1/x.ics"}, "must begin with https"),
        ({"address": "https://10.0.0.1/x.ics"}, "internal network"),
        ({"file": handwritten("grafana_oncall.ics"), "refresh_every": "soon"}, "is not a duration"),
        ({"file": handwritten("grafana_oncall.ics"), "name": ""}, "required"),
        ({"file": handwritten("grafana_oncall.ics"), "schedule": ""}, "Choose what the calendar says"),
        ({"file": handwritten("grafana_oncall.ics"), "schedule": "9" * 30}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_brought_in_is_said_beside_what_was_typed(
    payments: OnCallSchedule, mona: User, given: dict[str, Any], said: str
) -> None:
    typed = {"name": "Team", "schedule": payments.pk, **given}
    if "file" in typed:
        typed["file"] = upload(typed["file"])
    answer = signed_in(mona).post(reverse(ADD), typed)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not CalendarSource.objects.exists()


def test_a_newer_copy_waits_while_the_old_one_is_used(payments: OnCallSchedule, mona: User, now: datetime) -> None:
    source = in_use(payments, mona, now)
    client = signed_in(mona)
    renew = reverse(f"{SOURCES}_renew", args=[source.pk])
    assert client.get(renew).status_code == 200
    client.post(renew, {"file": upload(calendar(event("ana", ":20260311T080000Z")))})
    assert "What bringing it in would change" in page(client, source)
    client.post(reverse(f"{SOURCES}_do", args=[source.pk, "discard"]))
    assert "What bringing it in would change" not in page(client, source)
    client.post(reverse(f"{SOURCES}_do", args=[source.pk, "stop"]), {"reason": "The team moved on"})
    assert "Not in use." in page(client, source)


def in_use(of: OnCallSchedule, mona: User, now: datetime, name: str = "Team") -> CalendarSource:
    data = calendar(event("ana", ":20260310T080000Z"))
    source = add_source(Wanted(name, of), data, actor=mona, now=now)
    bring_in(source, actor=mona, now=now, reason="x")
    return CalendarSource.objects.get(pk=source.pk)


def test_a_failing_address_is_said_and_masked(payments: OnCallSchedule, mona: User, now: datetime) -> None:
    source = in_use(payments, mona, now)
    address = "https://calendar.example.org/private-4711/basic.ics"
    CalendarSource.objects.filter(pk=source.pk).update(address=address, failed_at=now, failure="The receiver answered with status 500.")
    client = signed_in(mona)
    told = page(client, source)
    assert "It cannot be read since" in told
    assert "https://calendar.example.org/***" in told
    assert "The calendar Team cannot be read since" in page(client, payments, "admin:policies_oncallschedule")
    assert "private-4711" not in told + client.get(reverse(f"{SOURCES}_history", args=[source.pk])).content.decode()
    assert "cannot be read, last good copy in use" in client.get(reverse(f"{SOURCES}_changelist")).content.decode()


def test_others_see_and_change_only_calendars_of_their_own_absences(payments: OnCallSchedule, ana: User, mona: User, now: datetime) -> None:
    source = in_use(payments, mona, now)
    client = signed_in(ana)
    assert client.get(reverse(f"{SOURCES}_change", args=[source.pk])).status_code == 302, "as if there were none"
    assert client.get(reverse(f"{SOURCES}_renew", args=[source.pk])).status_code == 404
    assert client.post(reverse(f"{SOURCES}_bring_in", args=[source.pk])).status_code == 404
    assert "who is on duty in" not in client.get(reverse(ADD)).content.decode()
    client.post(reverse(ADD), {"name": "Mine", "file": upload(calendar(event("Away", ":20260310T080000Z")))})
    own = CalendarSource.objects.get(person=ana)
    assert "Not in use yet" in page(client, own)


def test_a_feeds_address_is_shown_once(payments: OnCallSchedule, ana: User) -> None:
    client = signed_in(ana)
    assert client.get(reverse(f"{FEEDS}_add")).status_code == 200
    answer = client.post(reverse(f"{FEEDS}_add"), {"label": "my telephone"})
    feed = CalendarFeed.objects.get()
    assert (feed.person, "no-store" in answer["Cache-Control"]) == (ana, True)
    shown = answer.content.decode().split("/calendars/")[1].split(".ics")[0]
    assert Client().get(f"/calendars/{shown}.ics").status_code == 200
    told = page(client, feed, FEEDS)
    assert shown not in told
    assert f"{shown[:6]}…" in told
    assert "127.0.0.1" in told
    client.post(reverse(f"{FEEDS}_do", args=[feed.pk, "revoke"]), {"reason": ""})
    assert Client().get(f"/calendars/{shown}.ics").status_code == 404
    assert "the address leads nowhere" in page(client, feed, FEEDS)
    assert client.post(reverse(f"{FEEDS}_add"), {"label": ""}).status_code == 400


def test_feeds_of_others_are_seen_with_the_right_only(payments: OnCallSchedule, ana: User, mona: User, now: datetime) -> None:
    feed, _ = make_feed("wall", actor=mona, now=now, schedule=payments)
    assert signed_in(ana).get(reverse(f"{FEEDS}_change", args=[feed.pk])).status_code == 302
    assert signed_in(mona).get(reverse(f"{FEEDS}_change", args=[feed.pk])).status_code == 200


def test_lists_take_no_more_queries_for_more_rows(
    payments: OnCallSchedule, mona: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(mona)
    for number in range(4):
        in_use(payments, mona, now, f"Team {number}")
        feed, _ = make_feed(str(number), actor=mona, now=now, schedule=payments)
        note_access(feed, address="10.1.1.1", program="x", now=now + timedelta(hours=number))
    for name in (SOURCES, FEEDS):
        client.get(reverse(f"{name}_changelist"))
        with django_assert_max_num_queries(14):
            assert client.get(reverse(f"{name}_changelist")).status_code == 200
