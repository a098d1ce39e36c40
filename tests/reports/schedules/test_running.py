"""Schedules carried out: on time, once, the newest of what was missed, tried again when it fails, paused when nobody answers for it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.ledger.models import LedgerEvent
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE, UNIT
from portal.foundation.each_alone import Unfinished
from portal.foundation.errors import InvalidInput
from portal.models import OutboxMessage
from reports import tasks
from reports.models import PackRun, PackSchedule, QuarterlyPack, ScheduledPack
from reports.packs import runs, services
from reports.packs.freezing import freeze
from reports.packs.quarters import Quarter
from reports.schedules import running
from reports.schedules.services import change_schedule, pause, resume
from reports.schedules.telling import FAILED, PAUSED, THERE, readers_of
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.schedules import MONDAY, weekly
from tests.untold import untold

pytestmark = pytest.mark.django_db
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
# The next Monday, at the time of the schedule.
DUE = MONDAY.replace(day=13, hour=6)
Work = Callable[[datetime], None]


@pytest.fixture
def queue(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What workers would be handed, in order."""
    settings.EVIDENCE_FOLDER = tmp_path / "evidence"
    handed: list[int] = []
    for module in (runs, running):
        monkeypatch.setattr(module, "enqueue", lambda task, run: handed.append(run.pk))
    return handed


@pytest.fixture
def work(queue: list[int]) -> Work:
    """A worker that does what it was handed, and looks what became of it."""

    def at(now: datetime) -> None:
        while queue:
            runs.carry_out(queue.pop(0), clock=lambda: now)
        running.follow_up(now=now)

    return at


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance()


def told(kind: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(kind=kind).values_list("person_name", flat=True))


def details(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LedgerEvent.objects.filter(type=kind).latest("pk").payload)["details"]
    return found


def test_it_is_asked_for_when_it_is_due_and_not_before_made_as_by_hand_and_handed_out(cora: Any, queue: list[int], work: Work) -> None:
    payments = make.unit("Payments")
    make.incidents(payments, 3)
    schedule = weekly(cora, unit=payments)
    assert running.keep(now=DUE - MINUTE) == 0
    assert running.keep(now=DUE) == 1
    run = PackRun.objects.get()
    assert (run.quarter, run.unit, run.formats, run.requested_by, run.by_itself) == ("2026Q1", payments, ["json"], cora, True)
    assert details("reports.pack_requested")["schedule"] == schedule.pk
    work(DUE + MINUTE)
    run.refresh_from_db()
    assert (run.state, run.failure, run.cut_off) == ("done", "", DUE + MINUTE)
    content = json.loads(runs.hand_out(run, actor=cora, now=DUE).read_bytes())
    assert (content["metrics"]["incidents_opened"], content["progress"]) == (3, "over")
    assert QuarterlyPack.objects.get().built_by == cora
    assert untold() == []


def test_a_second_pass_and_a_second_worker_find_nothing_to_do(
    cora: Any, queue: list[int], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly(cora)
    assert running.keep(now=DUE) == 1
    assert running.keep(now=DUE + MINUTE) == 0
    work(DUE + MINUTE)
    assert running.keep(now=DUE + 2 * MINUTE) == 0
    # Another worker that looked before the row was there meets the constraint.
    looked: Any = ScheduledPack.objects.filter
    monkeypatch.setattr(ScheduledPack.objects, "filter", lambda *of, **by: looked(pk=0) if "period" in by else looked(*of, **by))
    assert running.keep(now=DUE + 3 * MINUTE) == 0
    monkeypatch.undo()
    assert (ScheduledPack.objects.count(), PackRun.objects.count()) == (1, 1)


def test_of_what_was_missed_in_an_outage_the_newest_is_made_and_no_other(cora: Any, queue: list[int], work: Work) -> None:
    weekly(cora)
    late = DUE + 5 * WEEK + timedelta(days=3)
    assert running.keep(now=late) == 1
    pack = ScheduledPack.objects.get()
    assert (pack.due_at, pack.period) == (DUE + 5 * WEEK, "weekly:2026-05-18")
    work(late)
    assert running.keep(now=late + MINUTE) == 0
    assert running.keep(now=DUE + 6 * WEEK) == 1


def test_what_was_due_before_it_was_kept_changed_or_while_it_was_paused_is_not_made_up_for(cora: Any, queue: list[int]) -> None:
    schedule = weekly(cora)
    assert running.keep(now=MONDAY) == 0
    pause(schedule, actor=cora, now=MONDAY, reason="x")
    assert running.keep(now=DUE) == 0
    resume(schedule, actor=cora, now=DUE + MINUTE)
    assert running.keep(now=DUE + 2 * MINUTE) == 0
    # Wednesday of a week whose Monday is over.
    change_schedule(schedule, {"hour": 0}, actor=cora, now=DUE + timedelta(days=2), reason="x")
    assert running.keep(now=DUE + timedelta(days=2)) == 0
    assert running.keep(now=DUE + WEEK) == 1


def test_putting_the_day_off_after_the_pack_was_made_makes_no_second_one_of_that_week(cora: Any, queue: list[int], work: Work) -> None:
    schedule = weekly(cora)
    running.keep(now=DUE)
    work(DUE)
    change_schedule(schedule, {"days": 4}, actor=cora, now=DUE + MINUTE, reason="Fridays are better.")
    assert running.keep(now=DUE + timedelta(days=5)) == 0
    assert running.keep(now=DUE + WEEK + timedelta(days=4)) == 1


def test_one_of_the_running_quarter_is_marked_provisional(cora: Any, queue: list[int], work: Work) -> None:
    weekly(cora, which="running")
    running.keep(now=DUE)
    work(DUE)
    run = PackRun.objects.get()
    assert (run.quarter, json.loads(runs.hand_out(run, actor=cora, now=DUE).read_bytes())["progress"]) == ("2026Q2", "running")
    message = OutboxMessage.objects.get(kind=THERE)
    assert message.title == "Provisional: the pack is there: 2026Q2, the whole organisation"
    assert "its figures will change" in message.body


def test_one_of_frozen_figures_waits_until_they_are_frozen_and_says_so(cora: Any, queue: list[int], work: Work) -> None:
    weekly(cora, figures="frozen")
    running.keep(now=DUE)
    pack = ScheduledPack.objects.get()
    assert pack.failure == "No figures of 2026Q1 are frozen yet: they come with the opening of its review."
    assert (pack.again_at, pack.run) == (DUE + 15 * MINUTE, None)
    assert told(FAILED) == ["Cora Compliance"]
    frozen = freeze(Quarter(2026, 1), None, actor=None, now=DUE + 5 * MINUTE)
    assert running.keep(now=DUE + 14 * MINUTE) == 0
    assert running.keep(now=DUE + 15 * MINUTE) == 1
    work(DUE + 16 * MINUTE)
    run = PackRun.objects.get()
    assert (run.frozen, run.cut_off, run.state) == (frozen, frozen.cut_off, "done")
    assert json.loads(runs.hand_out(run, actor=cora, now=DUE).read_bytes())["frozen"]["sha256"] == frozen.sha256


def test_a_failure_is_told_once_and_tried_again_ever_more_rarely_until_it_is_made(
    cora: Any, queue: list[int], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly(cora)
    running.keep(now=DUE)

    def full(*args: Any, **said: Any) -> Any:
        raise InvalidInput("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(services, "build_pack", full)
        work(DUE)
        pack = ScheduledPack.objects.get()
        assert (pack.failure, pack.tries, pack.again_at) == ("The disk is full.", 1, DUE + 15 * MINUTE)
        assert running.keep(now=DUE + 14 * MINUTE) == 0
        running.keep(now=DUE + 15 * MINUTE)
        work(DUE + 15 * MINUTE)
        pack.refresh_from_db()
        assert (pack.tries, pack.again_at) == (2, DUE + 45 * MINUTE)
    running.keep(now=DUE + 45 * MINUTE)
    work(DUE + 46 * MINUTE)
    pack.refresh_from_db()
    assert (pack.failure, pack.tries, pack.done_at) == ("", 3, DUE + 46 * MINUTE)
    assert [message.body for message in OutboxMessage.objects.filter(kind=FAILED)] == [
        "The disk is full. It is tried again by itself; the schedule's page says when."
    ]
    assert told(THERE) == ["Cora Compliance"]
    assert PackRun.objects.count() == 3


def test_what_a_later_pack_took_the_place_of_is_tried_no_more(cora: Any, queue: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    weekly(cora, figures="frozen")
    running.keep(now=DUE)
    running.keep(now=DUE + WEEK)
    old, new = ScheduledPack.objects.order_by("due_at")
    tries = old.tries
    running.keep(now=DUE + WEEK + timedelta(days=2))
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.tries, new.tries) == (tries, 2)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_a_restart_lost_is_handed_to_a_worker_again(state: str, cora: Any, queue: list[int], work: Work) -> None:
    weekly(cora)
    running.keep(now=DUE)
    [lost] = queue
    queue.clear()
    PackRun.objects.filter(pk=lost).update(state=state, looked_at=DUE if state == "running" else None)
    running.keep(now=DUE + 3 * MINUTE)
    assert queue == []
    running.keep(now=DUE + 5 * MINUTE)
    assert queue == [lost]
    work(DUE + 5 * MINUTE)
    assert PackRun.objects.get().state == "done"


def test_a_crash_between_the_row_and_the_asking_loses_nothing(
    cora: Any, queue: list[int], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly(cora)
    with monkeypatch.context() as broken:
        broken.setattr(running, "_ask", lambda pack, now: None)
        running.keep(now=DUE)
    assert (ScheduledPack.objects.count(), PackRun.objects.count()) == (1, 0)
    running.keep(now=DUE + 5 * MINUTE)
    work(DUE + 5 * MINUTE)
    assert ScheduledPack.objects.get().done_at == DUE + 5 * MINUTE


def leaves(cora: Any, unit: Any) -> str:
    cora.is_active = False
    cora.save()
    return "Its owner has left."


def loses_the_right(cora: Any, unit: Any) -> str:
    cora.groups.clear()
    return "Its owner may no longer build packs."


def closes(cora: Any, unit: Any) -> str:
    unit.services.all().update(business_unit=None)
    return "The business unit has no services any more"


@pytest.mark.parametrize("happens", [leaves, loses_the_right, closes])
def test_it_is_paused_when_nobody_answers_for_it_and_who_can_act_is_told(happens: Any, cora: Any, queue: list[int]) -> None:
    payments = make.unit("Payments")
    make.compliance("Olga Other")
    schedule = weekly(cora, unit=payments)
    why = happens(cora, payments)
    assert running.keep(now=DUE) == 1
    schedule.refresh_from_db()
    assert schedule.paused_because.startswith(why)
    assert (PackRun.objects.exists(), queue) == (False, [])
    event = LedgerEvent.objects.get(type="pack_schedule.paused")
    assert json.loads(event.payload)["why"].startswith(why)
    assert "Olga Other" in told(PAUSED)
    assert ("Cora Compliance" in told(PAUSED)) == (happens is not leaves)
    assert running.keep(now=DUE + MINUTE) == 0
    assert [table for table, *_ in untold() if "schedule" in table] == []


def test_nobody_is_left_untold_of_a_pause_by_a_crash_in_between(cora: Any, queue: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = weekly(cora)
    make.compliance("Olga Other")
    leaves(cora, None)

    def crashes(schedule: PackSchedule, *, now: datetime) -> int:
        raise RuntimeError("The power went.")

    with monkeypatch.context() as broken:
        broken.setattr(running, "tell_paused", crashes)
        with pytest.raises(Unfinished):
            running.keep(now=DUE)
    schedule.refresh_from_db()
    assert schedule.is_live
    assert running.keep(now=DUE + MINUTE) == 1
    assert told(PAUSED) == ["Olga Other"]


def test_a_right_lost_after_it_was_asked_for_makes_no_pack(cora: Any, queue: list[int], work: Work) -> None:
    weekly(cora)
    running.keep(now=DUE)
    cora.groups.clear()
    work(DUE)
    assert "You may not build a quarterly pack" in ScheduledPack.objects.get().failure
    running.keep(now=DUE + MINUTE)
    assert PackSchedule.objects.get().paused_at == DUE + MINUTE
    assert not QuarterlyPack.objects.exists()


def test_readers_by_role_and_for_the_unit_hear_once_and_get_it_and_nobody_else(cora: Any, queue: list[int], work: Work) -> None:
    bank = make.unit("Bank", services=0)
    payments, loans = make.unit("Payments", part_of=bank), make.unit("Loans", part_of=bank)
    mona, rolf, rita = make.manager(), make.committee(), person("Rita Responder", roles=("responder",))
    given = {name: person(name) for name in ("Uma Unit", "Abe Above", "Lea Loans", "Gus Gone")}
    for name, where in (("Uma Unit", payments), ("Abe Above", bank), ("Lea Loans", loans), ("Gus Gone", payments)):
        grant(SEE.rights[UNIT], given[name], where)
    leaves(given["Gus Gone"], None)
    schedule = weekly(cora, unit=payments, roles=["manager"], tell_unit=True)
    assert [str(each) for each in readers_of(schedule)] == ["Cora Compliance", "Mona Manager", "Uma Unit", "Abe Above"]
    running.keep(now=DUE)
    work(DUE)
    work(DUE + MINUTE)
    assert told(THERE) == ["Abe Above", "Cora Compliance", "Mona Manager", "Uma Unit"]
    run = PackRun.objects.get()
    message = OutboxMessage.objects.filter(kind=THERE)[0]
    assert message.link.endswith(f"/admin/reports/quarterlypack/runs/{run.pk}/")
    assert "incidents" not in message.body
    for reader in (mona, rolf, given["Uma Unit"], given["Abe Above"]):
        assert runs.may_have(run, reader)
        assert runs.hand_out(run, actor=reader, now=DUE).is_file()
    for other in (rita, given["Lea Loans"], given["Gus Gone"], person("Nobody")):
        assert not runs.may_have(run, other)
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 4


def test_what_somebody_asked_for_by_hand_stays_theirs(cora: Any, queue: list[int], work: Work) -> None:
    run = runs.request_pack(Quarter(2026, 1), formats=("json",), actor=cora, now=DUE)
    work(DUE)
    assert not runs.may_have(run, make.manager())


def test_neither_waits_for_the_other_of_the_same_person(cora: Any, queue: list[int]) -> None:
    weekly(cora)
    weekly(cora, name="Another")
    runs.request_pack(Quarter(2026, 1), formats=("json",), actor=cora, now=DUE - MINUTE)
    assert running.keep(now=DUE) == 2
    assert PackRun.objects.filter(state="queued").count() == 3
    assert len(queue) == 3


def test_one_that_cannot_be_looked_at_keeps_no_other_from_its_packs(cora: Any, queue: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = weekly(cora), weekly(cora, name="Another")
    looked: Any = running._keep_one

    def breaks(schedule: PackSchedule, now: datetime) -> int:
        if schedule == first:
            raise RuntimeError("broken")
        found: int = looked(schedule, now)
        return found

    monkeypatch.setattr(running, "_keep_one", breaks)
    with pytest.raises(Unfinished, match=f"Schedules of packs: schedule {first.pk} failed"):
        running.keep(now=DUE)
    assert ScheduledPack.objects.get().schedule == second


def test_the_jobs_do_it(cora: Any, queue: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    weekly(cora)
    monkeypatch.setattr("portal.foundation.clock.now", lambda: DUE)
    assert tasks.keep_pack_schedules() == 1
    tasks.make_pack(queue.pop())
    assert ScheduledPack.objects.get().done_at == DUE
    assert told(THERE) == ["Cora Compliance"]
    assert LedgerEvent.objects.filter(type="reports.pack_built").latest("pk").payload.find('"job"') > 0


def test_a_pass_with_nothing_to_do_asks_as_often_however_many_made_their_packs(cora: Any, queue: list[int], work: Work) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            running.follow_up(now=DUE + 2 * MINUTE)
        return len(seen)

    weekly(cora)
    running.keep(now=DUE)
    work(DUE)
    before = asked()
    for number in range(3):
        weekly(cora, name=f"Board {number}")
    running.keep(now=DUE + MINUTE)
    work(DUE + MINUTE)
    assert asked() == before
