"""Changes that began during a freeze: the rule, the check of a running portal, and an independent count by hand of what a made-up quarter holds."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.changes.freezing import lift_freeze
from incidents.changes.rules import Frozen, Planned, Touched
from incidents.changes.services import approve_emergency, begin_change
from incidents.escalation import services as escalation
from incidents.models import ChangeFreeze, ChangeRequest, Incident
from policies.models import BusinessUnit
from reports.conformance.checking import conformance_of
from reports.conformance.records import Begun, change_during_freeze
from reports.conformance.values import Deviation, Kind
from reports.metrics.population import Population
from tests.factories.changes import change, freeze
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene
from tests.shared import shared

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@shared
def burning(now: Any) -> Any:
    class Burning:
        """An incident at its first level, with a freeze of its service from minute 10 on for as long as it stands."""

        def __init__(self) -> None:
            self.scene: Scene = make_scene(now)
            self.now: datetime = now
            self.cora = person("Cora Commander", roles=("commander",))
            self.mara = person("Mara Manager", roles=("manager",))
            self.incident = self.scene.open()
            self.scene.engine(0)
            escalation.acknowledge(self.incident, actor=self.scene.ana, now=self.at(1))
            self.freeze = freeze(self.scene.service, now=self.at(10), incident=self.incident, actor=self.cora)
            self.change = change(self.scene.service, now=self.at(2), actor=self.mara, number="CHG-7")

        def at(self, minutes: float) -> datetime:
            return self.scene.after(minutes)

        def begins(self, minute: float, *, told: float | None = None, words: str = "") -> None:
            begin_change(self.change, actor=self.mara, now=self.at(minute if told is None else told), at=self.at(minute), reason=words)

        def found(self, until: float = 600) -> list[Deviation]:
            whole = conformance_of(Population(self.now, self.now + DAY), self.at(until))
            return [each for each in whole.deviations if each.kind is Kind.CHANGE_DURING_FREEZE]

    return Burning()


def test_a_change_that_began_during_the_freeze_of_an_incident_is_told_with_it(burning: Any) -> None:
    burning.begins(40)
    (found,) = burning.found()
    assert (found.number, found.service, found.at) == (burning.incident.number, "Card payments", burning.at(40))
    assert found.happened == "CHG-7, normal, began 30 min after Card payments was frozen. Nobody had approved it as an emergency."
    assert (found.rationale, found.people) == ("", (burning.mara.pk,))
    assert found.address == f"/admin/incidents/incident/{burning.incident.pk}/change/#inc-story-title"


@pytest.mark.parametrize(("minute", "how_many"), [(9.9, 0), (10, 1), (59.9, 1), (60, 0)])
def test_only_what_began_between_its_beginning_and_its_lifting(burning: Any, minute: float, how_many: int) -> None:
    lift_freeze(burning.freeze, actor=burning.cora, now=burning.at(60), reason="It is calm.")
    burning.begins(minute, told=61)
    assert len(burning.found()) == how_many


def test_planned_is_not_begun_and_another_service_is_not_frozen(burning: Any) -> None:
    other = change(service("Ledger"), now=burning.now, actor=burning.mara)
    begin_change(other, actor=burning.mara, now=burning.at(40))
    assert burning.found() == []


def test_an_approval_before_it_began_makes_it_none_and_one_afterwards_is_its_rationale(burning: Any) -> None:
    burning.begins(40, words="The fix.")
    assert [each.rationale for each in burning.found()] == ["The fix."]
    approve_emergency(burning.change, actor=burning.cora, now=burning.at(50), reason="It was the only way.")
    (found,) = burning.found()
    assert found.rationale == "It was the only way."
    assert found.happened.endswith(f"It was approved as an emergency only at {burning.at(50):%Y-%m-%d %H:%M:%S} UTC.")
    assert [each.rationale for each in burning.found(until=49)] == ["The fix."]
    other = change(burning.scene.service, now=burning.at(5), actor=burning.mara, number="CHG-8")
    approve_emergency(other, actor=burning.cora, now=burning.at(20), reason="It is the fix.")
    begin_change(other, actor=burning.mara, now=burning.at(20))
    assert len(burning.found()) == 1


def test_what_the_portal_was_told_of_later_does_not_change_what_was_known(burning: Any) -> None:
    burning.begins(40, told=120)
    assert (burning.found(until=119), len(burning.found(until=120))) == ([], 1)


def test_several_freezes_of_one_incident_tell_a_change_once_and_another_incident_tells_it_too(burning: Any) -> None:
    freeze(burning.scene.service, now=burning.at(15), incident=burning.incident, actor=burning.cora)
    other = incident(burning.at(5), service=service("Ledger"))
    freeze(now=burning.at(20), covers="everything", ends_at=burning.at(90), incident=other, actor=burning.cora)
    burning.begins(40)
    assert sorted(each.number for each in burning.found()) == sorted([burning.incident.number, other.number])


def test_a_freeze_without_an_incident_and_one_of_another_period_tell_nothing_here(burning: Any) -> None:
    freeze(burning.scene.service, now=burning.at(1), ends_at=burning.at(90), actor=burning.cora)
    burning.begins(5)
    assert burning.found() == []


def test_of_a_unit_its_own_incidents_are_told(burning: Any) -> None:
    burning.begins(40)
    unit = BusinessUnit.objects.create(name="Retail")
    within = Population(burning.now, burning.now + DAY, (unit.pk,))
    assert conformance_of(within, burning.at(600)).deviations == ()
    type(burning.scene.service).objects.filter(pk=burning.scene.service.pk).update(business_unit=unit)
    assert [each.kind for each in conformance_of(within, burning.at(600)).deviations] == [Kind.CHANGE_DURING_FREEZE]


def test_a_drill_freezes_nothing_that_counts(burning: Any) -> None:
    burning.begins(40)
    Incident.objects.update(origin=Incident.Origin.DRILL)
    assert burning.found() == []


@pytest.mark.parametrize("seed", range(4))
def test_the_check_finds_what_a_slow_count_by_hand_finds(now: Any, seed: int) -> None:
    """Every change against every freeze, row by row, from the definition alone."""
    chance = Random(seed)
    cora, mara = person("Cora", roles=("commander",)), person("Mara", roles=("manager",))
    top = BusinessUnit.objects.create(name="Top")
    units = [top, BusinessUnit.objects.create(name="Below", part_of=top), None]
    services = [service(business_unit=chance.choice(units)) for _ in range(5)]
    subjects = [incident(now, service=chance.choice(services)) for _ in range(4)]
    for _ in range(10):
        covers = chance.choice(["services", "services", "unit", "everything"])
        begins = now + chance.randrange(0, 40) * HOUR
        made = freeze(
            *(chance.sample(services, 2) if covers == "services" else ()), covers=covers, unit=top if covers == "unit" else None, now=now,
            begins_at=begins, ends_at=begins + chance.randrange(1, 20) * HOUR, incident=chance.choice([*subjects, None]), actor=cora,
        )  # fmt: skip
        if chance.random() < 0.5:
            lift_freeze(made, actor=cora, now=min(now + chance.randrange(0, 40) * HOUR, made.ends_at - HOUR), reason="Enough.")
    for _ in range(25):
        at = now + chance.randrange(0, 60) * HOUR
        one = change(*chance.sample(services, chance.randrange(0, 3)), now=now, actor=mara)
        if chance.random() < 0.3:
            approve_emergency(one, actor=cora, now=at + chance.choice([-1, 0, 1]) * HOUR, reason="Fix.")
        if chance.random() < 0.8:
            begin_change(one, actor=mara, now=at, at=at)
    until = now + 50 * HOUR
    expected = set()
    for change_ in ChangeRequest.objects.exclude(started_at=None):
        for freeze_ in ChangeFreeze.objects.exclude(incident=None):
            touched = set(change_.services.all())
            held = freeze_.begins_at <= change_.started_at < freeze_.ends_at
            held = held and not (freeze_.lifted_at and freeze_.lifted_at <= change_.started_at)
            hit = freeze_.covers == "everything" or bool(touched & set(freeze_.services.all()))
            hit = hit or (freeze_.covers == "unit" and any(each.business_unit in units[:2] for each in touched))
            early = change_.approved_at is not None and change_.approved_at <= change_.started_at
            if held and hit and not early and change_.start_told_at <= until:
                expected.add((freeze_.incident.number, change_.number, change_.started_at))
    found = conformance_of(Population(now, now + DAY), until).deviations
    told = [each for each in found if each.kind is Kind.CHANGE_DURING_FREEZE]
    assert {(each.number, each.happened.split(",")[0].split(" ")[0], each.at) for each in told} == expected
    assert len(told) == len(expected) > 0


def test_the_queries_do_not_grow_with_freezes_and_changes(burning: Any, django_assert_num_queries: Any) -> None:
    burning.begins(40)
    whole = Population(burning.now, burning.now + DAY)
    unit = BusinessUnit.objects.create(name="Retail")
    many = {"now": burning.at(12), "covers": "unit", "unit": unit, "ends_at": burning.at(90), "actor": burning.cora}
    freeze(incident=burning.incident, **many)
    with CaptureQueriesContext(connection) as few:
        assert len(conformance_of(whole, burning.at(600)).deviations) == 1
    for _ in range(5):
        freeze(incident=burning.incident, **many)
        begin_change(change(burning.scene.service, now=burning.now, actor=burning.mara), actor=burning.mara, now=burning.at(41))
    with django_assert_num_queries(len(few)):
        assert len(conformance_of(whole, burning.at(600)).deviations) == 6


@pytest.mark.parametrize("number", ["=cmd|' /C calc'!A0", "تغيير", "🧊", ""])
def test_numbers_of_any_kind_and_changes_of_no_kind_are_told(now: datetime, number: str) -> None:
    frozen = Frozen(1, now, None, "everything", "Why", everything=True)
    begun = Begun(Planned(number, (Touched(1),)), "", now + HOUR, now + HOUR)
    (found,) = change_during_freeze([(9, frozen)], [begun], now + DAY)
    assert found.happened == f"{number} began 1 h after everything was frozen. Nobody had approved it as an emergency."
