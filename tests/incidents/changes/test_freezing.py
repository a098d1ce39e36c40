"""Freezes: what one takes, who may declare and lift it, and that none is told otherwise afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.ledger.models import LedgerEvent
from incidents.changes.freezing import declare_freeze, freeze_for, lift_freeze
from incidents.changes.queries import as_values, covered_in_words, may_start_on, parts_of_units
from incidents.models import ChangeFreeze, EscalationRun, Incident
from policies.models import BusinessUnit
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from tests.factories.changes import freeze
from tests.factories.incidents import incident, policy_in_force, service
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.commander = person("Cora Commander", roles=("commander",))
            self.manager = person("Mara Manager", roles=("manager",))
            self.responder = person("Rolf Responder", roles=("responder",))
            self.owner = person("Olga Owner", roles=("manager",))
            contact(self.owner)
            contact(self.commander)
            self.service = service("Card payments", owner=self.owner)
            policy_in_force(self.service, NOW - DAY)
            self.incident: Incident = incident(NOW - HOUR, service=self.service)

        def escalated(self, level: int = 3, state: str = "paging") -> EscalationRun:
            """As the engine writes it."""
            return EscalationRun.objects.create(
                incident=self.incident, policy_version=self.incident.policy_version, content_sha256="0" * 64, state=state, level=level,
                alerting_since=NOW, started_at=NOW, next_run_at=NOW,
            )  # fmt: skip

        def declared(self, **fields: Any) -> ChangeFreeze:
            fields = {"actor": self.commander, "now": NOW, "ends_at": NOW + DAY, **fields}
            return freeze(self.service, **fields)

    return Scene()


def types() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="change_freeze").order_by("pk").values_list("type", flat=True))


def test_a_freeze_stands_from_now_on_and_is_told_on_its_incident(scene: Any) -> None:
    made = scene.declared(incident=scene.incident)
    assert (made.begins_at, made.over_at, made.declared_by, made.services_told) == (NOW, NOW + DAY, scene.commander, 1)
    assert not may_start_on([scene.service], NOW).may
    assert types() == ["change_freeze.declared"]
    text = scene.incident.timeline.get(data__freeze=made.pk).text
    assert text == "Cora Commander froze changes to Card payments until 21 Nov 2026, 09:00 UTC"
    assert made.history.count() == 2
    assert made.history.first().services.count() == 1


def test_declaring_takes_the_right_and_words(scene: Any) -> None:
    with pytest.raises(NotAllowed):
        scene.declared(actor=scene.responder)
    with pytest.raises(InvalidInput, match="why nothing may change"):
        scene.declared(reason="  ")
    assert not ChangeFreeze.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"begins_at": NOW - timedelta(minutes=6)}, "begins_at"),
        ({"begins_at": NOW + 400 * DAY, "ends_at": NOW + 401 * DAY}, "begins_at"),
        ({"ends_at": NOW}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"begins_at": NOW + DAY, "ends_at": NOW + HOUR}, "ends_at"),
        ({"ends_at": NOW + 400 * DAY}, "ends_at"),
        ({"covers": "unit"}, "services"),
        ({"covers": "everything"}, "services"),
        ({"covers": "nothing"}, "covers"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(scene: Any, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scene.declared(**fields)
    assert list(refused.value.fields) == [field]


def test_services_or_a_unit_have_to_be_chosen(scene: Any) -> None:
    with pytest.raises(InvalidInput, match="Choose the services"):
        declare_freeze(covers="services", reason="Why", actor=scene.commander, now=NOW, ends_at=NOW + DAY)
    with pytest.raises(InvalidInput, match="Choose the business unit"):
        declare_freeze(covers="unit", reason="Why", actor=scene.commander, now=NOW, ends_at=NOW + DAY)


def test_within_the_drift_of_clocks_it_begins_now(scene: Any) -> None:
    assert scene.declared(begins_at=NOW - timedelta(minutes=4)).begins_at == NOW


def test_without_an_end_it_needs_an_escalation_that_stands(scene: Any) -> None:
    with pytest.raises(InvalidInput, match="Give an end"):
        freeze_for(scene.incident, actor=scene.commander, now=NOW, reason="Wait.")
    scene.escalated(1)
    made = freeze_for(scene.incident, actor=scene.commander, now=NOW, reason="Wait.")
    assert (made.over_at, covered_in_words(made)) == (None, "Card payments")
    assert not may_start_on([scene.service], NOW + 100 * DAY).may


def test_nothing_real_is_frozen_for_a_drill(scene: Any) -> None:
    Incident.objects.update(origin=Incident.Origin.DRILL)
    with pytest.raises(InvalidInput, match="drill"):
        scene.declared(incident=Incident.objects.get())


@pytest.mark.parametrize("state", ["resolved", "closed", "cancelled"])
def test_what_is_over_is_followed_by_no_freeze(scene: Any, state: str) -> None:
    scene.incident.state = state
    with pytest.raises(InvalidInput, match="still open"):
        scene.declared(incident=scene.incident)


def test_a_unit_is_frozen_with_all_its_parts_and_everything_with_all(scene: Any) -> None:
    retail = BusinessUnit.objects.create(name="Retail")
    cards = BusinessUnit.objects.create(name="Cards", part_of=BusinessUnit.objects.create(name="Payments", part_of=retail))
    inside, outside = service("Card desk", business_unit=cards), service("Canteen", business_unit=BusinessUnit.objects.create(name="House"))
    declare_freeze(covers="unit", unit=retail, reason="Year end.", actor=scene.manager, now=NOW, ends_at=NOW + DAY)
    assert not may_start_on([inside], NOW).may
    assert may_start_on([outside], NOW).may
    assert may_start_on([scene.service], NOW).may
    declare_freeze(covers="everything", reason="Year end.", actor=scene.manager, now=NOW, ends_at=NOW + DAY)
    assert not may_start_on([outside], NOW).may


def test_a_circle_of_units_that_came_past_the_portal_ends_all_the_same() -> None:
    one = BusinessUnit.objects.create(name="One")
    two = BusinessUnit.objects.create(name="Two", part_of=one)
    BusinessUnit.objects.filter(pk=one.pk).update(part_of=two)
    assert parts_of_units() == {one.pk: {one.pk, two.pk}, two.pk: {one.pk, two.pk}}


def test_lifting_takes_the_right_and_words_and_tells_whoever_is_concerned(scene: Any) -> None:
    made = scene.declared(incident=scene.incident)
    with pytest.raises(NotAllowed):
        lift_freeze(made, actor=scene.responder, now=NOW + HOUR, reason="It is calm.")
    with pytest.raises(InvalidInput):
        lift_freeze(made, actor=scene.manager, now=NOW + HOUR, reason="")
    lifted = lift_freeze(made, actor=scene.manager, now=NOW + HOUR, reason="It is calm.")
    assert (lifted.over_at, lifted.lifted_by) == (NOW + HOUR, scene.manager)
    assert may_start_on([scene.service], NOW + HOUR).may
    assert not may_start_on([scene.service], NOW + HOUR - timedelta(seconds=1)).may
    told = OutboxMessage.objects.filter(kind="change_freeze.lifted").values_list("person_name", flat=True)
    assert set(told) == {"Cora Commander", "Olga Owner"}
    assert types() == ["change_freeze.declared", "change_freeze.lifted"]


def test_a_message_about_a_confidential_incident_says_nothing_of_it(scene: Any) -> None:
    Incident.objects.update(confidential=True)
    lift_freeze(scene.declared(incident=Incident.objects.get()), actor=scene.manager, now=NOW + HOUR, reason="It is calm.")
    assert all(OutboxMessage.objects.filter(kind="change_freeze.lifted").values_list("confidential", flat=True))


def test_it_is_lifted_once_and_not_after_its_end(scene: Any) -> None:
    made = scene.declared()
    with pytest.raises(WrongState, match="ended by itself"):
        lift_freeze(made, actor=scene.manager, now=NOW + DAY, reason="Over.")
    lift_freeze(made, actor=scene.manager, now=NOW + HOUR, reason="It is calm.")
    with pytest.raises(WrongState, match="already"):
        lift_freeze(made, actor=scene.manager, now=NOW + 2 * HOUR, reason="Again.")


def test_one_lifted_before_it_began_never_held(scene: Any) -> None:
    made = scene.declared(begins_at=NOW + 2 * HOUR)
    lift_freeze(made, actor=scene.manager, now=NOW + HOUR, reason="Not needed.")
    assert may_start_on([scene.service], NOW + 3 * HOUR).may


@pytest.mark.parametrize(
    "changed",
    [
        {"begins_at": NOW + HOUR},
        {"ends_at": NOW + HOUR},
        {"ends_at": None},
        {"reason": "Something else."},
        {"covers": "everything", "services_told": 0},
        {"declared_by": None},
        {"declared_at": NOW - DAY},
        {"incident": None},
    ],
)
def test_the_database_lets_nobody_tell_it_otherwise_afterwards(scene: Any, changed: dict[str, Any]) -> None:
    scene.declared(incident=scene.incident)
    with pytest.raises(DatabaseError, match="stays as it was declared"), transaction.atomic():
        ChangeFreeze.objects.update(**changed)


def test_nor_take_it_away_cover_more_or_less_or_lift_it_again(scene: Any) -> None:
    made, other = scene.declared(), service("Ledger")
    with pytest.raises(DatabaseError, match="stays as it was declared"), transaction.atomic():
        made.services.add(other)
    with pytest.raises(DatabaseError, match="stays as it was declared"), transaction.atomic():
        made.services.through.objects.update(service=other)
    with pytest.raises(DatabaseError, match="stays as it was declared"), transaction.atomic():
        made.services.clear()
    with pytest.raises(DatabaseError, match="stays as it was declared"), transaction.atomic():
        ChangeFreeze.objects.all()._raw_delete(using="default")
    lift_freeze(made, actor=scene.manager, now=NOW + HOUR, reason="It is calm.")
    with pytest.raises(DatabaseError, match="lifted stays"), transaction.atomic():
        ChangeFreeze.objects.update(lifted_at=NOW + 2 * HOUR)
    with pytest.raises(DatabaseError, match="lifted stays"), transaction.atomic():
        ChangeFreeze.objects.update(lifted_at=None, lifted_by=None, lift_reason="")


@pytest.mark.parametrize(
    "fields",
    [
        {"begins_at": NOW - DAY},
        {"ends_at": None},
        {"covers": "everything", "services_told": 1},
        {"covers": "unit", "services_told": 0},
        {"services_told": 0},
        {"declared_by": None},
        {"lift_reason": "Because."},
        {"lifted_at": NOW - HOUR, "lift_reason": "Because."},
    ],
)
def test_the_database_refuses_what_a_service_would_not_write(scene: Any, fields: dict[str, Any]) -> None:
    whole = {
        "covers": "services", "services_told": 1, "begins_at": NOW, "ends_at": NOW + DAY, "reason": "Why", "declared_by": scene.manager,
        "declared_at": NOW,
    }  # fmt: skip
    ChangeFreeze.objects.create(**whole)
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeFreeze.objects.create(**{**whole, **fields})


def test_the_question_takes_as_many_queries_for_many_freezes_as_for_two(scene: Any, django_assert_num_queries: Any) -> None:
    unit = BusinessUnit.objects.create(name="Retail")
    for _ in range(6):
        freeze(service(), scene.service, now=NOW, actor=scene.commander, ends_at=NOW + DAY)
        declare_freeze(covers="unit", unit=unit, reason="Why", actor=scene.manager, now=NOW, ends_at=NOW + DAY)
    with django_assert_num_queries(3):
        answer = may_start_on([scene.service], NOW)
    assert len(answer.freezes) == 6


def test_many_services_are_named_as_some_and_how_many_more(scene: Any) -> None:
    made = freeze(*(service(f"S{number}") for number in range(9)), now=NOW, actor=scene.commander, ends_at=NOW + DAY)
    assert as_values(ChangeFreeze.objects.filter(pk=made.pk))[0].what == "S0, S1, S2, S3 and 5 more services"


@pytest.mark.parametrize("words", ["=cmd|' /C calc'!A0", "تجميد التغييرات", "🧊" * 40, "<script>alert(1)</script>"])
def test_words_of_any_kind_are_kept_as_they_are(scene: Any, words: str) -> None:
    assert scene.declared(reason=words).reason == words
