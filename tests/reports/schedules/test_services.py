"""Keeping schedules of packs: who may, what is refused in words, and what the database refuses."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.ledger.models import LedgerEvent
from policies.models import BusinessUnit
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from reports.models import PackSchedule, ScheduledPack
from reports.schedules.services import SCHEDULES, change_schedule, make_schedule, pause, resume
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.schedules import MONDAY, WEEKLY, weekly
from tests.untold import untold

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=1)


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance()


def told(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LedgerEvent.objects.filter(type=kind).latest("pk").payload)
    return found


def gone(one: Any) -> None:
    one.is_active = False
    one.save()


def test_a_schedule_is_kept_for_a_reason_and_told_with_all_it_says(cora: Any) -> None:
    unit = make.unit("Payments عربي")
    kept = weekly(cora, unit=unit, roles=["approver", "manager"], tell_unit=True)
    assert (kept.purpose, kept.counts_from, kept.is_live, kept.role_titles) == ("The board meets.", MONDAY, True, ["Managers", "Approvers"])
    assert told("pack_schedule.created")["details"] == {
        "unit": "Payments عربي",
        "quarter": "over",
        "when": "weekly, on Mondays at 06:00 UTC",
        "figures": "now",
        "formats": ["json"],
        "roles": ["manager", "approver"],
        "tell_unit": True,
    }
    assert weekly(cora, name="All formats", formats=[]).formats == ["json", "csv", "xlsx", "pdf"]
    assert untold() == []
    with pytest.raises(InvalidInput, match="Say what these packs are for"):
        weekly(cora, name="Another", reason=" ")


@pytest.mark.parametrize("role", ["manager", "approver", "auditor", "commander", "responder", "administrator", "stakeholder"])
def test_whoever_may_not_build_packs_keeps_changes_and_pauses_no_schedule(role: str, cora: Any) -> None:
    kept, other = weekly(cora), person(roles=(role,))
    with pytest.raises(NotAllowed):
        weekly(other)
    for verb in (pause, resume):
        with pytest.raises(NotAllowed):
            verb(kept, actor=other, now=LATER, reason="x")
    with pytest.raises(NotAllowed):
        change_schedule(kept, {"hour": 7}, actor=other, now=LATER, reason="x")
    with pytest.raises(NotAllowed, match="A person has to keep a schedule of packs"):
        make_schedule({"name": "x", **WEEKLY}, actor=None, now=MONDAY, reason="x")


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"days": 7}, "", "6 after Monday"),
        ({"rhythm": "monthly", "days": 28}, "", "27 after the first of a month"),
        ({"rhythm": "quarterly", "days": 61}, "", "60 days after the end of a quarter"),
        ({"rhythm": "daily"}, "rhythm", "not a valid choice"),
        ({"hour": 24}, "", "an hour from 0 to 23"),
        ({"hour": -1}, "hour", "greater than or equal to 0"),
        ({"which": "next"}, "which", "not a valid choice"),
        ({"figures": "frozen", "which": "running"}, "", "Figures are frozen when a quarter is over"),
        ({"formats": ["exe"]}, "formats", "'exe' is not a format of the pack"),
        ({"roles": ["responder"]}, "roles", "may not see packs"),
        ({"roles": ["'); DROP TABLE"]}, "roles", "may not see packs"),
        ({"tell_unit": True}, "tell_unit", "has no people of its own unit"),
        ({"name": " \u202e "}, "name", "all of them visible"),
        ({"name": ""}, "name", "Give it a name"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(wrong: dict[str, Any], field: str, words: str, cora: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        weekly(cora, **{"name": "Board", **wrong})
    assert any(words in said for said in refused.value.fields[field]), refused.value.fields
    assert not PackSchedule.objects.exists()


def test_a_unit_without_services_gets_none_and_a_name_is_used_once(cora: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        weekly(cora, unit=make.unit("Closed 🔥", services=0))
    assert "Closed 🔥 has no services" in refused.value.fields["unit"][0]
    weekly(cora, name="=cmd|' /C calc'!A0")
    with pytest.raises(InvalidInput):
        weekly(cora, name="=cmd|' /C calc'!A0")


def test_its_owner_changes_it_and_it_begins_anew_only_when_its_times_do(cora: Any) -> None:
    kept = weekly(cora)
    with pytest.raises(NotAllowed, match="The schedule is Cora Compliance's"):
        change_schedule(kept, {"hour": 7}, actor=make.compliance("Olga"), now=LATER, reason="x")
    same = change_schedule(kept, {"roles": ["manager"]}, actor=cora, now=LATER, reason="Managers ask.")
    assert (same.counts_from, same.roles) == (MONDAY, ["manager"])
    assert change_schedule(kept, {"hour": 7}, actor=cora, now=LATER, reason="Earlier.").counts_from == LATER
    assert told("pack_schedule.changed")["details"]["when"] == "weekly, on Mondays at 07:00 UTC"
    before = LedgerEvent.objects.count()
    change_schedule(kept, {"hour": 7}, actor=cora, now=LATER, reason="The same again.")
    assert LedgerEvent.objects.count() == before
    assert [row.hour for row in kept.history.order_by("history_id")] == [6, 6, 7]
    assert untold() == []


def test_anybody_who_builds_packs_pauses_it_and_its_owner_lets_it_go_on_from_then(cora: Any) -> None:
    kept, olga = weekly(cora), make.compliance("Olga")
    with pytest.raises(InvalidInput):
        pause(kept, actor=olga, now=LATER, reason=" ")
    paused = pause(kept, actor=olga, now=LATER, reason="The data are being repaired.")
    assert (paused.is_live, paused.paused_because) == (False, "The data are being repaired.")
    with pytest.raises(WrongState, match="paused already"):
        pause(kept, actor=cora, now=LATER, reason="x")
    with pytest.raises(NotAllowed, match="in the name of Cora Compliance"):
        resume(kept, actor=olga, now=LATER)
    again = LATER + timedelta(days=9)
    assert (resume(kept, actor=cora, now=again).is_live, PackSchedule.objects.get().counts_from) == (True, again)
    with pytest.raises(WrongState, match="is not paused"):
        resume(kept, actor=cora, now=again)
    assert told("pack_schedule.resumed")["type"] == "pack_schedule.resumed"
    assert untold() == []


def test_what_somebody_left_behind_is_taken_over_and_goes_on_in_the_new_name(cora: Any) -> None:
    kept, olga = weekly(cora), make.compliance("Olga")
    with pytest.raises(WrongState, match="who is here"):
        SCHEDULES.take_over(kept, actor=olga, now=LATER, reason="x")
    pause(kept, actor=olga, now=LATER, reason="She leaves.")
    gone(cora)
    SCHEDULES.take_over(kept, actor=olga, now=LATER, reason="She left.")
    kept.refresh_from_db()
    assert (kept.owner, kept.is_live) == (olga, False)
    assert resume(kept, actor=olga, now=LATER).is_live
    assert told("pack_schedule.taken_over")["details"] == {"owner_before": str(cora.pk)}
    assert untold() == []


def test_it_cannot_go_on_while_what_stopped_it_is_so_and_not_at_all_once_retired(cora: Any) -> None:
    unit = make.unit("Payments")
    kept = weekly(cora, unit=unit)
    pause(kept, actor=cora, now=LATER, reason="x")
    unit.services.all().update(business_unit=make.unit("Loans"))
    with pytest.raises(WrongState, match="has no services any more"):
        resume(kept, actor=cora, now=LATER)
    SCHEDULES.retire(kept, actor=cora, now=LATER, reason="No board any more.")
    assert told("pack_schedule.retired")["type"] == "pack_schedule.retired"
    for verb in (pause, resume):
        with pytest.raises(WrongState, match="was retired"):
            verb(kept, actor=cora, now=LATER, reason="x")
    with pytest.raises(WrongState):
        change_schedule(kept, {"hour": 1}, actor=cora, now=LATER, reason="x")


def refused_by_the_database(what: Any) -> str:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        what()
    return str(refused.value)


def test_the_database_keeps_schedules_and_one_pack_of_each_stretch_past_the_services(cora: Any) -> None:
    kept = weekly(cora)
    row: dict[str, Any] = {"period": "weekly:2026-04-13", "quarter": "2026Q1", "due_at": LATER, "opened_at": LATER}
    pack = ScheduledPack.objects.create(schedule=kept, **row)
    rows = PackSchedule.objects.filter(pk=kept.pk)
    assert "retired, never removed" in refused_by_the_database(lambda: rows._raw_delete(rows.db))
    packs = ScheduledPack.objects.filter(pk=pack.pk)
    assert "stays on record" in refused_by_the_database(lambda: packs._raw_delete(packs.db))
    assert "stays on record" in refused_by_the_database(lambda: packs.update(period="weekly:2026-04-20"))
    refused_by_the_database(lambda: ScheduledPack.objects.create(schedule=kept, **row))
    for wrong in (
        {"days": 7},
        {"hour": 24},
        {"figures": "frozen", "which": "running"},
        {"paused_at": LATER},
        {"paused_because": "x"},
    ):
        refused_by_the_database(lambda wrong=wrong: rows.update(**wrong))
    assert BusinessUnit.objects.count() == 0
