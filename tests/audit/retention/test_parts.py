"""A hold on one thing keeps the story of its parts."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from audit.events.services import act
from audit.ledger.models import PersonalCard
from audit.models import LedgerEvent, LedgerLeaf
from audit.retention.carrying_out import carry_out_all
from audit.retention.deciding import approve_removal
from audit.retention.erasure import ask_erasure
from audit.retention.holds import held_parts, lift_hold, place_hold
from audit.retention.parts import PARTS, past
from audit.retention.pruning import ask_pruning, what_is_old
from incidents.models import Incident, IncidentProblem, Problem
from portal.foundation.errors import InvalidInput, WrongState
from portal.models import OutboxMessage
from tests.factories import incidents as make
from tests.factories.portal import person

from .long_ago import happened, there

pytestmark = pytest.mark.django_db
LINK = "incidents.incidentproblem"


@pytest.fixture
def incident(today: datetime) -> Incident:
    return make.incident(today)


def linked(incident: Incident, number: str = "PRB1") -> IncidentProblem:
    return IncidentProblem.objects.create(incident=incident, problem=Problem.objects.create(number=number, title="Slow"))


def message(about: str, today: datetime) -> OutboxMessage:
    told = {"title": "t", "body": "b", "person_name": "Ana", "state": "delivered"}
    return OutboxMessage.objects.create(kind="escalation.page", subject_ref=about, idempotency_key=str(uuid4()), created_at=today, **told)


def on(incident: Incident) -> dict[str, str]:
    return {"object_model": "incidents.incident", "object_pk": str(incident.pk)}


def story(incident: Incident, today: datetime) -> list[int]:
    """One event of each kind that a hold on the incident keeps."""
    link, page = linked(incident, f"PRB{incident.pk}"), message(f"incidents.incident:{incident.pk}:compliance", today)
    return [
        *happened(1, subject=("incidents.incident", str(incident.pk))),
        *happened(1, subject=(LINK, str(link.pk))),
        *happened(1, subject=("portal.outboxmessage", str(page.pk))),
        *happened(1, subject=("policies.service", "1"), changed=("incidents.incident", str(incident.pk))),
        *happened(1, subject=("policies.service", "1"), changed=(LINK, str(link.pk))),
    ]


def proposed(today: datetime) -> list[int]:
    return [entry.place for entry in what_is_old(now=today).entries]


def test_what_names_the_thing_or_a_part_is_not_proposed(incident: Incident, ana: Any, today: datetime) -> None:
    held, others = story(incident, today), story(make.incident(today), today)
    hold = place_hold(actor=ana, now=today, reason="Matter 7.", **on(incident))
    assert proposed(today) == others
    assert held_parts(hold) == {"incidents.incident": 1, LINK: 1, "portal.outboxmessage": 1}
    assert there(held) == held


def test_a_hold_that_comes_after_the_approval_keeps_each_of_them(incident: Incident, ana: Any, tom: Any, today: datetime) -> None:
    held, others = story(incident, today), story(make.incident(today), today)
    approve_removal(ask_pruning(actor=ana, now=today, reason="Over."), actor=tom, now=today, reason="Fine.")
    hold = place_hold(actor=ana, now=today, reason="Matter 7.", **on(incident))
    assert carry_out_all(now=today) == 0
    events = dict(LedgerLeaf.objects.filter(index__in=held + others).values_list("index", "event"))
    for index in held:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_ledgerevent WHERE id = %s", [events[index]])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_ledgerevent WHERE id = %s", [events[others[1]]])
    lift_hold(hold, actor=tom, now=today, reason="Settled.")
    assert carry_out_all(now=today) == 9
    assert there(held + others) == []


def test_a_part_that_was_deleted_or_comes_later_is_a_part(incident: Incident, ana: Any, today: datetime) -> None:
    link = linked(incident)
    gone = happened(1, subject=(LINK, str(link.pk)))
    link.delete()
    place_hold(actor=ana, now=today, reason="Matter 7.", **on(incident))
    later = linked(incident, "PRB2")
    new = happened(1, subject=(LINK, str(later.pk)))
    assert proposed(today) == []
    assert there(gone + new) == gone + new


def test_the_names_in_events_about_a_part_are_kept_with_it(incident: Incident, ana: Any, today: datetime) -> None:
    left = person("Lea Gone", is_active=False)
    with act("incident.problem_linked", actor=left, now=today, subject=linked(incident)):
        pass
    place_hold(actor=ana, now=today, reason="Matter 7.", **on(incident))
    with pytest.raises(WrongState, match="covers it"):
        ask_erasure(left, actor=ana, now=today, reason="Request 12.")
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalCard.objects.filter(subject=f"person:{left.pk}").delete()


@pytest.mark.parametrize("key", ["INC-999999", "x", "1 OR 1=1", "²"])
def test_a_key_that_is_no_number_holds_no_incident(key: str, ana: Any, today: datetime) -> None:
    with pytest.raises(InvalidInput, match="is the key of no"):
        place_hold(actor=ana, now=today, reason="Matter 7.", object_model="incidents.incident", object_pk=key)


def test_a_hold_on_what_has_no_parts_is_on_that_alone(ana: Any, today: datetime) -> None:
    held, free = happened(1, subject=("audit.removal", "a'b%")), happened(1, subject=("audit.removal", "7"))
    hold = place_hold(actor=ana, now=today, reason="Matter 7.", object_model="audit.removal", object_pk="a'b%")
    assert (proposed(today), held_parts(hold), there(held)) == (free, {"audit.removal": 1}, held)


def test_parts_are_those_of_the_models() -> None:
    for of, parts in PARTS.items():
        for label, column in parts:
            model = apps.get_model(label)
            [field] = [field for field in model._meta.concrete_fields if field.column == column]
            assert (model.history.model._meta.db_table, field.related_model._meta.label_lower) == (past(label), of)
            assert field.related_model._meta.pk.get_internal_type().endswith("AutoField")


def test_every_row_of_history_that_points_at_an_incident_is_a_part_of_it() -> None:
    pointing = {
        (model._meta.label_lower, field.column)
        for model in apps.get_models()
        if hasattr(model, "history") and hasattr(model.history, "model")
        for field in model._meta.concrete_fields
        if field.related_model is Incident
    }
    assert pointing == set(PARTS["incidents.incident"])


def test_the_record_names_what_it_is_about_in_the_words_that_are_looked_for(incident: Incident, ana: Any, today: datetime) -> None:
    with act("incident.noted", actor=ana, now=today, subject=incident):
        linked(incident)
    payload = LedgerEvent.objects.latest("pk").payload
    assert json.loads(payload)["obj"]["model"] == "incidents.incident"
    for words in (f'"model":"incidents.incident","pk":"{incident.pk}"', f'"model":"{LINK}","pk":"{IncidentProblem.objects.get().pk}"'):
        assert words in payload
