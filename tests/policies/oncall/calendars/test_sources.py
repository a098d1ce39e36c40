"""Calendars are looked at, brought in and read again; the past stays, and a source that fails takes nobody off duty."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from audit.ledger.models import LedgerEvent
from policies.models import CalendarSource, DutyAbsence, ImportedDuty, OnCallSchedule
from policies.oncall.calendars import refreshing
from policies.oncall.calendars.fetching import checked_address
from policies.oncall.calendars.looking import look_at
from policies.oncall.calendars.source_services import Wanted, add_source, bring_in, discard, obtained, read_again, renew_source, stop
from policies.oncall.queries import on_call
from portal.foundation.errors import DeliveryFailed, InvalidInput, NotAllowed, WrongState
from portal.foundation.people.models import User
from portal.models import OutboxMessage
from tests.factories import policies as make
from tests.factories.portal import person
from tests.receiver import Receiver, receiver, status

from .files import calendar, event, handwritten

pytestmark = pytest.mark.django_db
A_WEEK = timedelta(days=7)
WEEKLY = event("Ana Ruiz", ":20260302T080000Z", "DURATION:P2D", "RRULE:FREQ=WEEKLY", uid="weekly")


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", username="ana", email="ana.ruiz@example.org")


@pytest.fixture
def tom() -> User:
    return person("Tom Brandt", username="tom")


@pytest.fixture
def mona() -> User:
    return person("Mona Manager", roles=("manager",))


@pytest.fixture
def payments(tom: User) -> OnCallSchedule:
    return make.schedule(tom, name="Payments", zone="Europe/Madrid")


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def serve(data: bytes, **headers: str) -> Any:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in {"Content-Type": "text/calendar", "Content-Length": str(len(data)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    return answer


def brought_in(data: bytes, of: OnCallSchedule, actor: User, now: datetime, **more: Any) -> CalendarSource:
    source = add_source(Wanted("Team calendar", of, data=data, **more), data, actor=actor, now=now)
    bring_in(source, actor=actor, now=now, reason="The team keeps it there")
    return CalendarSource.objects.get(pk=source.pk)


def rows(source: CalendarSource) -> list[tuple[str, datetime, datetime, datetime | None]]:
    found = source.duties.select_related("person").order_by("starts_at", "pk")
    return [(str(row.person), row.starts_at, row.ends_at, row.ended_at) for row in found]


def test_a_look_says_what_would_change_and_changes_nothing(payments: OnCallSchedule, ana: User, now: datetime) -> None:
    look = look_at(CalendarSource(name="Grafana", schedule=payments), handwritten("grafana_oncall.ics"), now)
    assert look.reading.events == 3
    assert look.people == [("Ana Ruiz", 1), ("Tom Brandt", 1)]
    assert look.remarks == "'somebody.who.left' (1 event): nobody has this name, user name or e-mail address."
    assert (len(look.rows.new), look.rows.ended, look.rows.kept) == (2, (), 0)
    told = [(each.since, each.until, str(each.before and each.before.name), str(each.after and each.after.name)) for each in look.changes]
    # Tom has [L9] for a day inside Ana's three, and is on duty by the rotation anyway.
    assert told == [(march(3), march(4), "Tom Brandt", "Ana Ruiz"), (march(5), march(6), "Tom Brandt", "Ana Ruiz")]
    assert not ImportedDuty.objects.exists()


def march(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_look_says_what_does_not_fit_together(payments: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    DutyAbsence.objects.create(person=ana, starts_at=march(5), ends_at=march(6), made_at=now)
    file = calendar(event("ana", ":20260305T080000Z", "DURATION:PT4H"), event("tom", ":20260305T100000Z", "DURATION:PT4H"))
    look = look_at(CalendarSource(name="x", schedule=payments), file, now)
    assert look.away == ("Ana Ruiz is away during duty that the calendar gives them: somebody else has to take it.",)
    assert [(each.since, each.until, each.first, each.second) for each in look.overlaps] == [
        (march(5, 10), march(5, 12), "Ana Ruiz", "Tom Brandt")
    ]


def test_what_is_brought_in_counts_from_now_on(payments: OnCallSchedule, ana: User, mona: User, now: datetime) -> None:
    source = brought_in(calendar(WEEKLY), payments, mona, now)
    first, *others = rows(source)
    # It began at eight; now is nine, and the past stays as it was.
    assert first == ("Ana Ruiz", now, march(4, 8), None)
    assert len(others) == 25
    duty = on_call(payments, now)
    assert duty is not None
    assert (duty.person_name, "Team calendar" in duty.reason) == ("Ana Ruiz", True)
    told = OutboxMessage.objects.filter(kind="duty.calendar", person=ana).get()
    assert "You are on duty" in told.body
    brought = LedgerEvent.objects.filter(payload__contains="calendar.brought_in").count()
    assert brought == 1


def test_a_newer_copy_ends_what_vanished_and_keeps_what_did_not_change(
    payments: OnCallSchedule, ana: User, mona: User, now: datetime
) -> None:
    stays, goes = event("ana", ":20260310T080000Z", uid="stays"), event("ana", ":20260312T080000Z", uid="goes")
    source = brought_in(calendar(WEEKLY, stays, goes), payments, mona, now)
    before = set(source.duties.values_list("pk", flat=True))
    later = now + timedelta(hours=6)
    newer = calendar(WEEKLY, stays, event("tom", ":20260312T080000Z", uid="goes"))
    renew_source(source, Wanted("", data=newer), newer, actor=mona, now=later)
    look = bring_in(CalendarSource.objects.get(pk=source.pk), actor=mona, now=later, reason="A newer file")
    assert (look.rows.kept, len(look.rows.new), len(look.rows.ended)) == (27, 1, 1)
    assert source.duties.exclude(pk__in=before).get().person.username == "tom"
    assert source.duties.get(ended_at=later).uid == "goes"


def test_a_duty_that_runs_and_is_given_to_somebody_else_is_cut_at_that_moment(
    payments: OnCallSchedule, ana: User, mona: User, now: datetime
) -> None:
    source = brought_in(calendar(event("ana", ":20260302T080000Z", "DURATION:P1D", uid="a")), payments, mona, now)
    later = now + timedelta(hours=3)
    newer = calendar(event("tom", ":20260302T080000Z", "DURATION:P1D", uid="a"))
    renew_source(source, Wanted("", data=newer), newer, actor=mona, now=later)
    bring_in(CalendarSource.objects.get(pk=source.pk), actor=mona, now=later, reason="Tom took over")
    assert rows(source) == [("Ana Ruiz", now, march(3, 8), later), ("Tom Brandt", later, march(3, 8), None)]


def test_what_waits_can_be_discarded_and_what_is_used_can_be_stopped(
    payments: OnCallSchedule, ana: User, mona: User, now: datetime
) -> None:
    source = brought_in(calendar(WEEKLY), payments, mona, now)
    newer = calendar(event("tom", ":20260303T080000Z"))
    source = renew_source(source, Wanted("", data=newer), newer, actor=mona, now=now)
    source = discard(source, actor=mona, now=now)
    assert (source.pending, source.active) == ("", True)
    later = now + A_WEEK
    stop(source, actor=mona, now=later, reason="The team moved on")
    assert not source.duties.filter(ended_at=None, ends_at__gt=later).exists()
    assert source.duties.filter(ended_at=None).count() == 1, "the week that was stays"
    with pytest.raises(WrongState):
        stop(source, actor=mona, now=later)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (calendar(event("Nobody Here", ":20260310T080000Z")), "'Nobody Here' \\(nobody has this name"),
        (calendar(event("ana", ":20200310T080000Z")), "no event in the coming 180 days"),
        (calendar(event("ana", ":20260310T080000Z", "RRULE:FREQ=SECONDLY")), "repeats every second"),
        (b"x" * 10_000_000, "larger than 2 MB"),
        (b"<html>", "not an iCalendar file"),
    ],
)
def test_a_calendar_that_cannot_be_used_leaves_nothing_behind(
    payments: OnCallSchedule, ana: User, mona: User, now: datetime, file: bytes, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        add_source(Wanted("x", payments, data=file), file, actor=mona, now=now)
    assert not CalendarSource.objects.exists()


def test_bringing_in_needs_the_right_and_a_copy_that_waits(payments: OnCallSchedule, ana: User, mona: User, now: datetime) -> None:
    responder = person("Rita", roles=("responder",))
    with pytest.raises(NotAllowed):
        add_source(Wanted("x", payments), calendar(WEEKLY), actor=responder, now=now)
    source = brought_in(calendar(WEEKLY), payments, mona, now)
    with pytest.raises(WrongState):
        bring_in(source, actor=mona, now=now)
    for service in (stop, discard, read_again):
        with pytest.raises(NotAllowed):
            service(source, actor=responder, now=now)


def test_one_tells_ones_own_absences_by_a_calendar_and_nobody_elses(ana: User, tom: User, now: datetime) -> None:
    file = calendar(
        event("Dentist, secret", ":20260310T080000Z"),
        event("Holiday", ";VALUE=DATE:20260401", "DTEND;VALUE=DATE:20260408"),
        event("Reminder", ":20260311T080000Z", "TRANSP:TRANSPARENT"),
    )
    ana.time_zone = "Europe/Madrid"
    ana.save()
    with pytest.raises(NotAllowed):
        add_source(Wanted("x", person=ana), file, actor=tom, now=now)
    source = add_source(Wanted("Mine", person=ana), file, actor=ana, now=now)
    bring_in(source, actor=ana, now=now)
    told = [(row.starts_at, row.ends_at) for row in DutyAbsence.objects.filter(person=ana).order_by("starts_at")]
    assert told == [(march(10, 8), march(10, 9)), (datetime(2026, 3, 31, 22, tzinfo=UTC), datetime(2026, 4, 7, 22, tzinfo=UTC))]
    # An empty calendar of absences is a good one: nobody is away.
    empty, later = calendar(), now + timedelta(hours=1)
    renew_source(source, Wanted(""), empty, actor=ana, now=later)
    bring_in(CalendarSource.objects.get(pk=source.pk), actor=ana, now=later)
    assert not DutyAbsence.objects.filter(ended_at=None).exists()
    assert "Dentist" not in str(list(DutyAbsence.history.values()))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("http://calendar.example.org/x.ics", "must begin with https"),
        ("file:///etc/passwd", "not an address"),
        ("ftp://example.org/x", "must begin with https"),
        ("https://", "not an address"),
        ("https://[::1", "not an address"),
        ("https://a b/x", "not an address"),
        ("https://example.org:99999/x", "not an address"),
        ("nonsense", "not an address"),
        ("https://example.org/" + "x" * 500, "not an address"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        checked_address(typed)


def test_webcal_is_read_as_https() -> None:
    assert checked_address(" webcal://calendar.example.org/x.ics ") == "https://calendar.example.org/x.ics"


def test_private_addresses_and_redirects_to_them_are_not_followed(server: Receiver, settings: Any) -> None:
    server.answers = [status(302, Location="http://127.0.0.1:1/secret")]
    with pytest.raises(DeliveryFailed, match="leads on to another one, which is not followed"):
        obtained(b"", server.url)
    assert len(server.got) == 1
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with pytest.raises(DeliveryFailed, match="internal network"):
        obtained(b"", f"https://127.0.0.1:{server.port}/x")
    with pytest.raises(DeliveryFailed, match="internal network"):
        obtained(b"", f"https://localhost:{server.port}/x")
    assert len(server.got) == 1, "nobody was asked"


def test_an_answer_that_is_too_large_or_packed_is_not_read_to_its_end(server: Receiver) -> None:
    server.answers = [serve(b"x" * 3_000_000), serve(b"x", Content_Encoding="gzip")]
    with pytest.raises(InvalidInput, match="larger than 2 MB"):
        obtained(b"", server.url)
    with pytest.raises(DeliveryFailed, match="compressed"):
        obtained(b"", server.url)
    for nothing in ((b"", ""), (b"x", "https://example.org/")):
        with pytest.raises(InvalidInput, match="one of the two"):
            obtained(*nothing)


@pytest.fixture
def from_address(payments: OnCallSchedule, ana: User, mona: User, now: datetime, server: Receiver) -> CalendarSource:
    """A calendar at an address that is read every half hour."""
    server.answers = [serve(calendar(WEEKLY))]
    data = obtained(b"", server.url)
    wanted = Wanted("Team calendar", payments, address=server.url, refresh_every=timedelta(minutes=30))
    source = add_source(wanted, data, actor=mona, now=now)
    bring_in(source, actor=mona, now=now, reason="The team keeps it there")
    return CalendarSource.objects.get(pk=source.pk)


def test_a_calendar_is_read_again_when_it_is_due_and_not_before(from_address: CalendarSource, server: Receiver, now: datetime) -> None:
    key = from_address.pk
    assert not refreshing.refresh(key, now + timedelta(minutes=29))
    server.answers = [serve(calendar(WEEKLY, event("tom", ":20260306T080000Z")))]
    later = now + timedelta(minutes=31)
    assert refreshing.refresh(key, later)
    assert not refreshing.refresh(key, later), "somebody was faster"
    source = CalendarSource.objects.get(pk=key)
    assert (source.good_at, source.next_refresh_at) == (later, later + timedelta(minutes=30))
    assert source.duties.filter(person__username="tom").count() == 1
    assert source.duties.count() == 27


def test_somebody_asks_for_a_calendar_to_be_read_again_now(from_address: CalendarSource, mona: User, now: datetime) -> None:
    read_again(from_address, actor=mona, now=now + timedelta(minutes=5), reason="The team changed it")
    assert CalendarSource.objects.get(pk=from_address.pk).next_refresh_at == now + timedelta(minutes=5)
    stop(from_address, actor=mona, now=now + timedelta(minutes=6))
    with pytest.raises(WrongState, match="in use that has an address"):
        read_again(CalendarSource.objects.get(pk=from_address.pk), actor=mona, now=now + timedelta(minutes=7))


def test_a_source_that_fails_keeps_the_last_good_copy_says_so_and_tells_its_manager_once(
    from_address: CalendarSource, server: Receiver, mona: User, now: datetime
) -> None:
    before = rows(from_address)
    failures = [status(500), serve(b"<html>Sign in</html>"), serve(calendar()), serve(calendar(event("Nobody", ":20260310T080000Z")))]
    for number, failure in enumerate(failures, start=1):
        server.answers = [failure]
        assert refreshing.refresh(from_address.pk, now + number * timedelta(minutes=31))
    source = CalendarSource.objects.get(pk=from_address.pk)
    assert [row[:3] for row in rows(source)] == [row[:3] for row in before]
    assert (source.good_at, source.failed_at) == (now, now + timedelta(minutes=31))
    assert "names somebody known" in source.failure
    (told,) = OutboxMessage.objects.filter(kind=refreshing.FAILED)
    assert (told.person, server.url in told.title + told.body) == (mona, False)

    server.answers = [serve(calendar(WEEKLY))]
    assert refreshing.refresh(source.pk, now + timedelta(hours=5))
    source.refresh_from_db()
    assert (source.failed_at, source.failure, source.good_at) == (None, "", now + timedelta(hours=5))
    server.answers = [status(404)]
    refreshing.refresh(source.pk, now + timedelta(hours=6))
    assert OutboxMessage.objects.filter(kind=refreshing.FAILED).count() == 2, "a new failure is told again"


def test_the_half_year_ahead_is_kept_filled_even_while_the_source_fails(
    from_address: CalendarSource, server: Receiver, now: datetime
) -> None:
    server.answers = [status(500)]
    later = now + timedelta(days=14)
    refreshing.refresh(from_address.pk, later)
    assert from_address.duties.order_by("starts_at").last().starts_at > later + timedelta(days=170)  # type: ignore[union-attr]
    assert not from_address.duties.filter(ended_at__isnull=False).exists()


def test_an_uploaded_file_is_rolled_forward_once_a_day_without_asking_anybody(
    payments: OnCallSchedule, ana: User, mona: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = brought_in(calendar(WEEKLY), payments, mona, now)
    woken: list[Any] = []
    monkeypatch.setattr(refreshing, "async_task", lambda *args, **more: woken.append(args))
    assert refreshing.wake_due(now + timedelta(hours=23)) == 0
    assert refreshing.wake_due(now + A_WEEK) == 1
    assert woken == [(refreshing.TASK, source.pk)]
    assert refreshing.refresh(source.pk, now + A_WEEK)
    assert source.duties.count() == 27
    source.refresh_from_db()
    assert source.good_at == now


def test_the_address_stands_in_no_history_no_event_and_no_message(from_address: CalendarSource, server: Receiver) -> None:
    assert from_address.address == server.url
    kept = str(list(from_address.history.values())) + str(list(LedgerEvent.objects.values()))
    assert server.url not in kept
    assert "/phone" not in kept
