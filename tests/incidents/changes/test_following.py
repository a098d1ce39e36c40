"""Freezes that follow an escalation by themselves: declared when it stands high, lifted when it is over or comes down."""

from datetime import timedelta
from typing import Any

import pytest

from audit.ledger.models import LedgerEvent
from incidents.changes.following import follow_escalations
from incidents.changes.freezing import freeze_for, lift_freeze
from incidents.changes.queries import may_start_on
from incidents.escalation import services as escalation
from incidents.models import ChangeFreeze, EscalationRun, Incident
from incidents.tasks import follow_with_freezes
from portal.foundation import clock
from tests.factories.incidents import incident
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def burning(now: Any) -> Any:
    class Burning:
        """An incident that nobody answered, so that it stands at level 2 after 15 minutes."""

        def __init__(self) -> None:
            self.scene: Scene = make_scene(now)
            self.cora = person("Cora Commander", roles=("commander",))
            self.incident = self.scene.open()
            for minute in (0, 5, 15):
                self.scene.engine(minute)

        def follow(self, minute: float, level: int = 2) -> int:
            return follow_escalations(now=self.scene.after(minute), from_level=level)

        def stands_at(self, level: int) -> None:
            EscalationRun.objects.update(level=level)

    return Burning()


def test_an_escalation_that_stands_high_freezes_its_service_once(burning: Any) -> None:
    assert burning.follow(16, level=3) == 0
    assert burning.follow(16) == 1
    assert burning.follow(17) == 0
    made = ChangeFreeze.objects.get()
    assert (made.incident, made.declared_by, made.ends_at) == (burning.incident, None, None)
    assert made.reason == f"The escalation of {burning.incident.number} stands at level 2."
    assert not may_start_on([burning.scene.service], burning.scene.after(17)).may
    assert "The portal froze changes" in burning.incident.timeline.get(data__freeze=made.pk).text


def test_it_holds_though_somebody_acknowledged_and_is_lifted_when_the_incident_is_resolved(burning: Any) -> None:
    burning.follow(16)
    escalation.acknowledge(burning.incident, actor=burning.scene.kim, now=burning.scene.after(17))
    burning.scene.engine(17)
    assert burning.follow(18) == 0
    escalation.resolve(Incident.objects.get(), actor=burning.scene.kim, now=burning.scene.after(20), reason="Restarted")
    assert burning.follow(21) == 1
    made = ChangeFreeze.objects.get()
    assert (made.lifted_by, made.over_at) == (None, burning.scene.after(21))
    assert made.lift_reason == f"The escalation of {burning.incident.number} is over."
    assert [LedgerEvent.objects.filter(type=f"change_freeze.{verb}").count() for verb in ("declared", "lifted")] == [1, 1]


def test_coming_down_lifts_it_and_going_up_again_freezes_again(burning: Any) -> None:
    burning.follow(16)
    burning.stands_at(1)
    assert burning.follow(20) == 1
    assert ChangeFreeze.objects.get().lift_reason.endswith("stands at level 1.")
    burning.stands_at(2)
    assert burning.follow(25) == 1
    assert ChangeFreeze.objects.filter(lifted_at=None).count() == 1


def test_what_a_person_lifted_is_not_declared_again_by_the_portal(burning: Any) -> None:
    burning.follow(16)
    lift_freeze(ChangeFreeze.objects.get(), actor=burning.cora, now=burning.scene.after(18), reason="The fix has to go in.")
    assert burning.follow(19) == 0
    assert may_start_on([burning.scene.service], burning.scene.after(19)).may


def test_one_that_a_person_declared_without_an_end_goes_with_the_incident_and_not_with_its_level(burning: Any) -> None:
    freeze_for(burning.incident, actor=burning.cora, now=burning.scene.after(16), reason="Hands off.")
    burning.stands_at(1)
    assert burning.follow(20) == 0
    escalation.resolve(burning.incident, actor=burning.scene.kim, now=burning.scene.after(20), reason="Restarted")
    assert burning.follow(21) == 1


def test_one_with_an_end_is_left_to_it(burning: Any) -> None:
    until = burning.scene.after(90)
    freeze_for(burning.incident, actor=burning.cora, now=burning.scene.after(16), reason="Hands off.", ends_at=until)
    escalation.resolve(burning.incident, actor=burning.scene.kim, now=burning.scene.after(20), reason="Restarted")
    assert burning.follow(21) == 0


@pytest.mark.parametrize("origin", ["drill", "imported"])
def test_drills_and_what_was_brought_in_freeze_nothing(burning: Any, origin: str) -> None:
    Incident.objects.update(origin=origin)
    assert burning.follow(16) == 0


def test_level_0_declares_none_and_lifts_what_was_declared(burning: Any) -> None:
    assert burning.follow(16, level=0) == 0
    burning.follow(16)
    assert burning.follow(17, level=0) == 1
    assert ChangeFreeze.objects.get().lift_reason == "The portal declares no freezes any more."


def test_the_job_asks_a_constant_number_of_questions_where_nothing_moves(burning: Any, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        incident(burning.scene.now, service=burning.scene.service)
    burning.scene.engine(16)
    burning.follow(16)
    with django_assert_num_queries(3):
        assert burning.follow(17) == 0


def test_the_job_follows_from_the_level_of_the_setting(burning: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: burning.scene.after(16))
    settings.CHANGE_FREEZE_FROM_LEVEL = 3
    assert follow_with_freezes() == 0
    settings.CHANGE_FREEZE_FROM_LEVEL = 2
    assert follow_with_freezes() == 1
    assert ChangeFreeze.objects.get().begins_at == burning.scene.after(16) > burning.scene.now + timedelta(minutes=1)
