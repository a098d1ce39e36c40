"""Changes: what is recorded of them, when they began and ended, and who approves an emergency."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.ledger.models import LedgerEvent
from incidents.changes.queries import began_during, may_change_start
from incidents.changes.services import Plan, approve_emergency, begin_change, end_change, plan_anew, record_change
from incidents.models import ChangeRequest
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories.changes import change, freeze
from tests.factories.incidents import service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.manager = person("Mara Manager", roles=("manager",))
            self.commander = person("Cora Commander", roles=("commander",))
            self.responder = person("Rolf Responder", roles=("responder",))
            self.service = service("Card payments")
            self.change: ChangeRequest = change(self.service, now=NOW - DAY, actor=self.manager, number="CHG-7")

        def frozen(self) -> Any:
            return freeze(self.service, now=NOW - HOUR, actor=self.commander, ends_at=NOW + DAY)

    return Scene()


def event(kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(LedgerEvent.objects.filter(type=kind).latest("pk").payload)
    return payload


def test_a_change_is_recorded_with_what_it_touches_by_whoever_may(scene: Any) -> None:
    assert scene.change.requested_by == scene.manager
    assert list(scene.change.services.all()) == [scene.service]
    assert event("changerequest.created")["details"]["services"] == {"before": [], "after": ["Card payments"]}
    with pytest.raises(NotAllowed):
        change(scene.service, now=NOW, actor=scene.responder)
    with pytest.raises(WrongState, match="on record already"):
        change(scene.service, now=NOW, actor=scene.manager, number="CHG-7")


@pytest.mark.parametrize("number", ["", " CHG-1", "CHG 1", "=CHG", "../x", "CHG-" + "1" * 60, "تغيير", "CHG-1\n"])
def test_a_number_that_no_address_could_hold_is_refused(scene: Any, number: str) -> None:
    with pytest.raises(InvalidInput):
        record_change(number, Plan(title="Release"), actor=scene.manager, now=NOW)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Plan(title=" "), "title"),
        (Plan(title="x" * 201), "title"),
        (Plan(title="Release", kind="urgent"), "kind"),
        (Plan(title="Release", planned_end=NOW), "planned_end"),
        (Plan(title="Release", planned_start=NOW, planned_end=NOW), "planned_end"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_beside_its_field(scene: Any, plan: Plan, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        record_change("CHG-8", plan, actor=scene.manager, now=NOW)
    assert list(refused.value.fields) == [field]


def test_until_it_begins_its_plan_can_change_and_then_stays(scene: Any) -> None:
    ledger = service("Ledger")
    plan = Plan(title="Another release", kind="standard", services=[ledger], planned_start=NOW, planned_end=NOW + HOUR)
    with pytest.raises(InvalidInput, match="how you know"):
        plan_anew(scene.change, plan, actor=scene.manager, now=NOW, reason="")
    planned = plan_anew(scene.change, plan, actor=scene.manager, now=NOW, reason="Moved.")
    assert (planned.title, list(planned.services.all())) == ("Another release", [ledger])
    assert event("changerequest.changed")["details"]["services"] == {"before": ["Card payments"], "after": ["Ledger"]}
    begin_change(planned, actor=scene.manager, now=NOW)
    with pytest.raises(WrongState, match="its plan stays"):
        plan_anew(planned, plan, actor=scene.manager, now=NOW, reason="Moved.")


def test_what_happened_is_recorded_though_a_freeze_stood_against_it(scene: Any) -> None:
    frozen = scene.frozen()
    begun = begin_change(scene.change, actor=scene.manager, now=NOW, at=NOW - MINUTE, reason="The fix cannot wait.")
    assert (begun.started_at, begun.start_told_at, begun.start_reason) == (NOW - MINUTE, NOW, "The fix cannot wait.")
    told = event("change.began")
    assert (told["details"]["freezes"], told["decision"]["may"]) == ([frozen.pk], False)
    assert "are frozen from" in told["decision"]["reasons"][0]
    assert began_during(frozen, scene.manager) == [begun]


def test_that_it_began_is_told_once_and_stays(scene: Any) -> None:
    begin_change(scene.change, actor=scene.manager, now=NOW, at=NOW - HOUR)
    begin_change(scene.change, actor=scene.manager, now=NOW + MINUTE, at=NOW - HOUR)
    assert LedgerEvent.objects.filter(type="change.began").count() == 1
    with pytest.raises(WrongState, match="began at 20 Nov 2026, 08:00 UTC"):
        begin_change(scene.change, actor=scene.manager, now=NOW + MINUTE, at=NOW)
    with pytest.raises(NotAllowed):
        begin_change(scene.change, actor=scene.responder, now=NOW)


@pytest.mark.parametrize("at", [NOW + 6 * MINUTE, NOW - 400 * DAY, NOW.replace(tzinfo=None)])
def test_it_began_neither_in_the_future_nor_long_ago(scene: Any, at: datetime) -> None:
    with pytest.raises(InvalidInput):
        begin_change(scene.change, actor=scene.manager, now=NOW, at=at)


def test_a_change_ends_once_after_it_began(scene: Any) -> None:
    with pytest.raises(WrongState, match="has not begun"):
        end_change(scene.change, actor=scene.manager, now=NOW)
    begin_change(scene.change, actor=scene.manager, now=NOW)
    with pytest.raises(InvalidInput, match="Give a later time"):
        end_change(scene.change, actor=scene.manager, now=NOW + HOUR, at=NOW - MINUTE)
    assert end_change(scene.change, actor=scene.manager, now=NOW + HOUR).ended_at == NOW + HOUR
    end_change(scene.change, actor=scene.manager, now=NOW + DAY, at=NOW + HOUR)
    assert LedgerEvent.objects.filter(type="change.ended").count() == 1
    with pytest.raises(WrongState, match="stays as it was told"):
        end_change(scene.change, actor=scene.manager, now=NOW + DAY)


def test_somebody_else_approves_an_emergency_once_with_words(scene: Any) -> None:
    scene.frozen()
    assert not may_change_start(scene.change, NOW).may
    with pytest.raises(NotAllowed, match="Somebody else"):
        approve_emergency(scene.change, actor=scene.manager, now=NOW, reason="It cannot wait.")
    with pytest.raises(NotAllowed):
        approve_emergency(scene.change, actor=scene.responder, now=NOW, reason="It cannot wait.")
    with pytest.raises(InvalidInput, match="why it cannot wait"):
        approve_emergency(scene.change, actor=scene.commander, now=NOW, reason=" ")
    approved = approve_emergency(scene.change, actor=scene.commander, now=NOW, reason="It is the fix.")
    assert (approved.kind, approved.approved_by, approved.approved_at) == ("emergency", scene.commander, NOW)
    assert event("change.emergency_approved")["decision"] == {"approved": True, "began_before": False}
    assert may_change_start(approved, NOW).may
    assert not may_change_start(approved, NOW - MINUTE).may
    with pytest.raises(WrongState, match="approved it already"):
        approve_emergency(scene.change, actor=person("Alf", roles=("approver",)), now=NOW, reason="Me, too.")


def test_what_was_approved_stays_an_emergency(scene: Any) -> None:
    approve_emergency(scene.change, actor=scene.commander, now=NOW, reason="It is the fix.")
    with pytest.raises(InvalidInput, match="stays one"):
        plan_anew(scene.change, Plan(title="Release", kind="normal"), actor=scene.manager, now=NOW, reason="Moved.")
    assert (
        plan_anew(scene.change, Plan(title="Release", kind="emergency"), actor=scene.manager, now=NOW, reason="Moved.").approved_at == NOW
    )


def test_after_it_began_an_approval_can_still_be_given_but_not_after_it_ended(scene: Any) -> None:
    begin_change(scene.change, actor=scene.manager, now=NOW)
    approve_emergency(scene.change, actor=scene.commander, now=NOW + HOUR, reason="It was the fix.")
    assert event("change.emergency_approved")["decision"]["began_before"]
    other = change(scene.service, now=NOW, actor=scene.manager)
    begin_change(other, actor=scene.manager, now=NOW)
    end_change(other, actor=scene.manager, now=NOW)
    with pytest.raises(WrongState, match="nothing left"):
        approve_emergency(other, actor=scene.commander, now=NOW, reason="Late.")


def test_one_that_was_brought_in_has_no_requester_until_somebody_plans_it(scene: Any) -> None:
    imported = ChangeRequest.objects.create(number="CHG 9 old", title="Imported")
    with pytest.raises(WrongState, match="Nobody is on record"):
        approve_emergency(imported, actor=scene.commander, now=NOW, reason="It cannot wait.")
    plan_anew(imported, Plan(title="Imported"), actor=scene.manager, now=NOW, reason="Planned.")
    approve_emergency(imported, actor=scene.commander, now=NOW, reason="It cannot wait.")


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at": NOW - HOUR},
        {"started_at": None, "start_told_at": None, "start_reason": "", "ended_at": None, "approved_at": None},
        {"number": "CHG-70"},
        {"planned_start": NOW},
        {"start_reason": "Another one."},
        {"ended_at": NOW + DAY},
        {"ended_at": None},
        {"approved_at": NOW + HOUR},
        {"approval_reason": "Another one."},
        {"kind": "normal"},
        {"requested_by": None},
    ],
)
def test_the_database_lets_nobody_tell_otherwise_what_happened(scene: Any, changed: dict[str, Any]) -> None:
    approve_emergency(scene.change, actor=scene.commander, now=NOW, reason="It is the fix.")
    begin_change(scene.change, actor=scene.manager, now=NOW, reason="The fix.")
    end_change(scene.change, actor=scene.manager, now=NOW + HOUR)
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeRequest.objects.update(**changed)


def test_nor_touch_more_or_less_or_go(scene: Any) -> None:
    begin_change(scene.change, actor=scene.manager, now=NOW)
    other = service("Ledger")
    with pytest.raises(DatabaseError, match="that began keeps"), transaction.atomic():
        scene.change.services.add(other)
    with pytest.raises(DatabaseError, match="that began keeps"), transaction.atomic():
        scene.change.services.through.objects.update(service=other)
    with pytest.raises(DatabaseError, match="that began keeps"), transaction.atomic():
        scene.change.services.clear()
    with pytest.raises(DatabaseError, match="that began keeps"), transaction.atomic():
        ChangeRequest.objects.all()._raw_delete(using="default")


@pytest.mark.parametrize(
    "fields",
    [
        {"planned_end": NOW},
        {"planned_start": NOW, "planned_end": NOW},
        {"started_at": NOW},
        {"started_at": NOW, "start_told_at": NOW - HOUR},
        {"ended_at": NOW},
        {"started_at": NOW, "start_told_at": NOW, "ended_at": NOW - HOUR},
        {"approved_at": NOW, "kind": "emergency", "approval_reason": "x"},
    ],
)
def test_the_database_refuses_times_that_cannot_be(scene: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeRequest.objects.create(number="CHG-99", title="x", **fields)


def test_the_database_knows_that_nobody_approves_their_own_emergency(scene: Any) -> None:
    own = {"kind": "emergency", "approved_at": NOW, "approval_reason": "x", "requested_by": scene.manager}
    ChangeRequest.objects.create(number="CHG-98", title="x", approved_by=scene.commander, **own)
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeRequest.objects.create(number="CHG-99", title="x", approved_by=scene.manager, **own)
