"""Many rows in one statement stand there as the ORM would have written them."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from incidents.models import EscalationRun, EscalationStep, Incident
from portal.foundation.many_rows import insert_all, next_key
from portal.foundation.outbox.services import draft
from portal.models import OutboxMessage
from tests.factories.portal import person
from tests.incidents.escalation.conftest import make_scene, run_of

pytestmark = pytest.mark.django_db


def message(key: str, **fields: object) -> OutboxMessage:
    values = {"kind": "x", "person": None, "subject_ref": "x:1", "title": "Düsseldorf", "body": "%s {}\n'\"", "link": "", **fields}
    return draft(idempotency_key=key, **values)  # type: ignore[arg-type]


def test_they_read_back_as_they_were(now: datetime) -> None:
    ana, bundle = person("Ana"), written("whole", now)
    bundle.save()
    part = message("part", person=ana, urgent=True)
    part.created_at, part.bundle, part.state = now, bundle, OutboxMessage.State.BUNDLED
    insert_all([part])
    read = OutboxMessage.objects.get(idempotency_key="part")
    for column in OutboxMessage._meta.concrete_fields:
        assert getattr(read, column.attname) == getattr(part, column.attname), column.name
    assert isinstance(read.pk, uuid.UUID)


def test_durations_and_json_keep_their_values(now: datetime) -> None:
    scene = make_scene(now)
    opened = scene.open()
    scene.engine()
    run: EscalationRun = run_of(opened)
    told = {"at": now, "action": EscalationStep.Action.PAGED, "reason": "ü", "inputs": {"a": [1, None, "é"]}}
    steps = [EscalationStep(run=run, sequence=9, part=part, late_by=timedelta(seconds=31.5), **told) for part in range(3)]
    with CaptureQueriesContext(connection) as seen:
        insert_all(steps)
    assert len(seen) == 1
    read = EscalationStep.objects.filter(run=run, sequence=9).order_by("part")
    assert [(step.late_by, step.inputs, step.action) for step in read] == [(timedelta(seconds=31.5), told["inputs"], "paged")] * 3


def test_one_that_is_there_is_left_out_only_when_asked(now: datetime) -> None:
    insert_all([written("one", now)])
    insert_all([written("two", now), written("one", now)], unless_there=True)
    assert set(OutboxMessage.objects.values_list("idempotency_key", flat=True)) == {"one", "two"}
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([written("one", now)])


def written(key: str, now: datetime) -> OutboxMessage:
    made = message(key)
    made.created_at = made.next_attempt_at = now
    return made


def test_a_row_can_tell_its_own_key(now: datetime) -> None:
    scene = make_scene(now)
    first, second = scene.open(), scene.open()
    assert second.pk > first.pk
    assert first.number == f"INC-{first.pk:06d}"
    with transaction.atomic():
        assert next_key(Incident) > second.pk


def test_a_quick_insert_reads_back_as_it_was_saved_and_begins_the_history(now: datetime) -> None:
    opened = make_scene(now).open(labels=["ü"], revenue_loss_per_hour=Decimal("25000.10"), revenue_currency="EUR")
    read, past = Incident.objects.get(pk=opened.pk), opened.history.get()
    for column in Incident._meta.concrete_fields:
        assert getattr(read, column.attname) == getattr(opened, column.attname), column.name
        assert getattr(past, column.attname) == getattr(opened, column.attname), column.name
    assert (past.history_type, past.history_date) == ("+", now)
