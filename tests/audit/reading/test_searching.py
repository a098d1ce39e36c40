"""A page of the log: the same events by the index, by the ledger's columns and by looking at each."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.ledger.services import append_all
from audit.models import LedgerEvent, TrailIndex, TrailPosting
from audit.reading import searching, sources, things
from audit.reading.facts import facts_of
from audit.reading.filing import file_all, file_new
from audit.reading.filters import Filters, matches
from audit.reading.folding import Folds
from audit.reading.population import selected
from audit.reading.searching import page, walk
from audit.sealing.sequencing import take_in
from portal.foundation import clock
from portal.foundation.granting.appointments import appoint
from portal.foundation.request_context import origin
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
TYPES = ("incident.noted", "access.denied", "threshold.changed", "ledger.heartbeat", "evidence.export_failed")

THINGS = ("incidents.incident:3", "incidents.incident:1", "incidents.incident:7")


@pytest.fixture
def rae(db: None) -> Any:
    return person("Rae", roles=("compliance",))


def happened(count: int, *, now: Any, begin: int = 0) -> None:
    """Events of every kind, an hour apart, some of them long ago."""
    with transaction.atomic():
        for number in range(begin, begin + count):
            at = now - timedelta(hours=number if number % 7 else 24 * 400 + number)
            told = {
                "type": TYPES[number % len(TYPES)],
                "actor": {"id": str(number % 3 or ""), "name": "x", "kind": "person"},
                "ctx": {"channel": ("web", "api", "job")[number % 3], "request_id": f"r{number // 4}", "ip": ""},
                "why": f"Because of café {number % 4}x INC-{number:06}",
            }
            if number % 2:
                told["obj"] = {"model": "incidents.incident", "pk": str(number % 4), "repr": f"INC-{number % 4:06}"}
            append_all([told], now=at)


def asked(now: Any) -> list[Filters]:
    return [
        *(Filters(), Filters(routine=True), Filters(person=("1",)), Filters(person=("-", "2")), Filters(type=("access.denied",))),
        *(Filters(type=("incident.*", "ledger.*")), Filters(kind=("incidents.incident",)), Filters(channel=("api",))),
        *(Filters(outcome=("failed", "refused")), Filters(outcome=("done",)), Filters(text="CAFE 3x"), Filters(text="inc-000005")),
        *(Filters(since=now - timedelta(hours=9, minutes=30)), Filters(until=now - timedelta(days=40))),
        Filters(since=now - timedelta(days=500), until=now - timedelta(hours=3), person=("1",), text="café"),
        *(Filters(object=("incidents.incident:3",)), Filters(request="r2"), Filters(object=("incidents.incident:1",), person=("1",))),
        *(Filters(object=THINGS), Filters(object=THINGS, request="r6"), Filters(object=("incidents.incident:3",), text="café 3x")),
        *(
            Filters(object=THINGS, since=now - timedelta(hours=30, minutes=30)),
            Filters(object=THINGS, channel=("api", "job"), person=("-", "1")),
        ),
        *(
            Filters(request="r3", person=("1",)),
            Filters(object=("incidents.incident:2",)),
            Filters(object=THINGS, outcome=("done",), type=("incident.*",)),
        ),
        *(Filters(person=("1",), kind=("no.such",)), Filters(text="nowhere"), Filters(since=now + timedelta(days=1))),
    ]


@pytest.mark.parametrize("filed", [0, 20, 45], ids=["nothing filed", "some filed", "all filed"])
def test_every_filter_finds_the_same_by_the_index_by_columns_and_by_looking(filed: int, rae: Any, now: Any) -> None:
    happened(45, now=now)
    if filed:
        take_in()
        file_new(filed)
    for filters in asked(now):
        looked = [event.pk for event in LedgerEvent.objects.order_by("-pk") if matches(filters, facts_of(event))]
        found = page(filters, rae, size=100)
        assert [event.pk for event in found.events] == looked, filters
        assert (found.count.number, found.count.is_exact) == (len(looked), True)
        few = page(filters, rae, size=3).count
        assert few.number == len(looked) or not few.is_exact
        assert list(selected(filters).values_list("pk", flat=True)) == looked, filters
        assert [event.pk for event in walk(filters, rae)] == looked


# As after a filing of some, for a thing that has few events and for one that has more than are looked through for one page.
@pytest.mark.parametrize("filed", [0, 20, 45], ids=["nothing filed", "some filed", "all filed"])
@pytest.mark.parametrize(("few", "most"), [(0, 1_000), (0, 7), (9, 15)])
def test_what_is_asked_about_things_is_found_however_much_happened_to_them(
    filed: int, few: int, most: int, rae: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FEW", few)
    monkeypatch.setattr(sources, "MOST_OF_THINGS", most)
    monkeypatch.setattr(things, "FEWEST", 5)
    happened(45, now=now)
    if filed:
        take_in()
        file_new(filed)
    for filters in asked(now):
        if not (filters.object or filters.request):
            continue
        looked = [event.pk for event in LedgerEvent.objects.order_by("-pk") if matches(filters, facts_of(event))]
        assert [event.pk for event in walk(filters, rae)] == looked, filters
        assert turned(filters, rae) == looked
        assert turned(filters, rae, upward=True) == looked[::-1]
        count = page(filters, rae, size=2).count
        assert count.number == len(looked) or not count.is_exact


def turned(filters: Filters, reader: Any, *, upward: bool = False) -> list[int]:
    """What turning the pages shows, from one end to the other."""
    shown: list[int] = []
    found = page(filters, reader, size=2, after=0 if upward else None)
    for _ in range(100):
        events = [event.pk for event in found.events]
        shown += reversed(events) if upward else events
        turn = found.newer if upward else found.older
        if turn is None:
            return shown
        found = page(filters, reader, size=2, after=turn) if upward else page(filters, reader, size=2, before=turn)
    raise AssertionError("The pages do not end.")


BEHIND_BLANKS = ("burnout", "surgery", "recovering", "203.0.113.7")
ABSENCE = {"model": "policies.dutyabsence", "pk": "1", "repr": "Ana Ruiz, burnout"}


def told_of_an_absence(now: Any) -> None:
    """Three events with hidden words, and one in which one of these words stands in the open."""
    away = {"type": "absence.reported", "obj": ABSENCE, "why": "Surgery", "details": {"kind": "burnout", "until": "recovering tomorrow"}}
    beside = {"type": "schedule.changed", "obj": {"model": "policies.oncallschedule", "pk": "1", "repr": "Cards"}, "why": "Rota"}
    swap = {"type": "swap.asked", "obj": {"model": "policies.dutyswap", "pk": "2", "repr": "Swap"}, "details": {"reason": "recovering"}}
    beside["changes"] = [{"table": "t", "model": ABSENCE["model"], "pk": "1", "repr": ABSENCE["repr"], "op": "insert"}]
    seen = {"type": "auth.refused", "why": "Cards", "details": {"address": "203.0.113.7"}}
    with transaction.atomic():
        append_all([away, beside, swap, seen, {"type": "incident.noted", "why": "Surgery of the database"}], now=now)


@pytest.mark.parametrize("filed", [False, True], ids=["nothing filed", "all filed"])
def test_a_search_finds_nothing_by_words_that_the_reader_sees_blank(filed: bool, rae: Any, now: Any) -> None:
    told_of_an_absence(now)
    if filed:
        take_in()
        file_all()
    auditor = person("Visitor")
    appoint(auditor, actor=None, now=clock.now(), until=clock.now() + timedelta(days=1), reason="Audit", everything=True)

    def types(reader: Any, **asked: Any) -> list[str]:
        found = page(Filters(**asked), reader, size=1)
        rest = list(walk(Filters(**asked), reader))
        assert found.count.number == len(rest)
        return [event.type for event in rest]

    assert {word: len(types(rae, text=word)) for word in BEHIND_BLANKS} == dict(zip(BEHIND_BLANKS, (2, 2, 2, 1), strict=True))
    assert {word: types(auditor, text=word) for word in BEHIND_BLANKS} == {
        "burnout": [],
        "surgery": ["incident.noted"],
        # How long it takes is shown; why somebody asked to swap is not.
        "recovering": ["absence.reported"],
        "203.0.113.7": [],
    }
    # What is shown is found, and by all words together only where all of them are shown.
    assert types(auditor, text="Ruiz") == types(rae, text="Ruiz") == ["schedule.changed", "absence.reported"]
    assert types(rae, text="Rota burnout") == ["schedule.changed"]
    assert types(auditor, text="Rota burnout") == types(auditor, kind=(ABSENCE["model"],), text="surgery") == []
    assert types(auditor, object=("policies.dutyabsence:1",), text="surgery") == []
    assert types(auditor, text="shown") == []


def test_pages_follow_each_other_both_ways_and_stay_when_newer_events_come(rae: Any, now: Any) -> None:
    happened(45, now=now)
    take_in()
    file_new(30)
    every = [event.pk for event in page(Filters(routine=True), rae, size=100).events]
    first = page(Filters(routine=True), rae, size=20)
    happened(3, now=now, begin=45)
    second = page(Filters(routine=True), rae, size=20, before=first.older)
    third = page(Filters(routine=True), rae, size=20, before=second.older)
    pks = [event.pk for each in (first, second, third) for event in each.events]
    assert pks == every
    assert (first.newer, third.older) == (None, None)
    back = page(Filters(routine=True), rae, size=20, after=third.newer)
    assert [event.pk for event in back.events] == [event.pk for event in second.events]
    newest = page(Filters(routine=True), rae, size=30, after=every[0])
    assert (len(newest.events), newest.newer) == (3, None)


def test_without_the_right_there_is_nothing(now: Any) -> None:
    happened(5, now=now)
    assert page(Filters(), person("Tom", roles=("responder",))).events == ()


def test_the_queries_of_a_page_do_not_grow_with_the_trail(rae: Any, now: Any) -> None:
    page(Filters(), rae)
    counts = []
    for count in (5, 80):
        happened(count, now=now, begin=5 * len(counts))
        take_in()
        file_all()
        with CaptureQueriesContext(connection) as captured:
            page(Filters(person=("1",), text="café"), rae)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("few", [0, 1_000])
def test_the_queries_of_a_page_of_a_thing_do_not_grow_with_what_happened_to_it(
    few: int, rae: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FEW", few)
    page(Filters(), rae)
    counts = []
    for count in (20, 160):
        happened(count, now=now, begin=20 * len(counts))
        take_in()
        file_all()
        numbers = []
        for filters in (
            Filters(object=("incidents.incident:1",), person=("1",)),
            Filters(object=THINGS),
            Filters(request="r3", text="café"),
        ):
            with CaptureQueriesContext(connection) as captured:
                assert page(filters, rae, size=3).events
            numbers.append(len(captured))
        counts.append(numbers)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 9


def test_many_events_of_a_request_are_one_line_that_says_how_many(rae: Any, now: Any) -> None:
    with origin("job", request_id="import1"), transaction.atomic():
        append_all([{"type": "incident.imported", "ctx": {"channel": "job", "request_id": "import1"}} for _ in range(70)], now=now)
    happened(10, now=now)
    folds = Folds()
    found = page(Filters(type=(*TYPES, "incident.imported")), rae, leave_out=folds)
    assert [event.type for event in found.events].count("incident.imported") == 1
    assert list(folds.more.values()) == [69]
    assert (len(found.events), found.older) == (11, None)


def test_what_is_folded_does_not_hide_what_is_older(rae: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_ROUNDS", 3)
    happened(3, now=now)
    with origin("job", request_id="import1"), transaction.atomic():
        told = {"type": "incident.imported", "ctx": {"channel": "job", "request_id": "import1"}}
        append_all([told | {"type": "problem.opened"} if number % 40 == 7 else told for number in range(500)], now=now)
    folds = Folds()
    found = page(Filters(type=(*TYPES, "incident.imported")), rae, leave_out=folds)
    assert [event.type for event in found.events] == ["incident.imported", *(TYPES[number] for number in (2, 1, 0))]
    assert (list(folds.more.values()), found.older) == ([486], None)
    newest = found.events[0].pk
    under = things.older_of_request("import1", "incident.imported", before=newest, most=100)
    assert sorted(under, reverse=True) == [
        pk for pk in range(newest - 1, newest - 101, -1) if LedgerEvent.objects.get(pk=pk).type == "incident.imported"
    ]


def test_filing_twice_or_again_files_nothing_twice(rae: Any, now: Any) -> None:
    happened(12, now=now)
    take_in()
    assert file_new() > 12
    before = list(TrailPosting.objects.order_by("term", "block").values_list("term", "block", "count"))
    assert file_new() == 0
    TrailIndex.objects.update(leaf=0)
    file_all()
    assert list(TrailPosting.objects.order_by("term", "block").values_list("term", "block", "count")) == before


def test_no_word_of_an_event_stands_in_the_index(now: Any) -> None:
    happened(3, now=now)
    take_in()
    file_all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_trailposting")
        assert "caf" not in repr(cursor.fetchall())
