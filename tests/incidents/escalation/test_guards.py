"""No road around the engine drops the legal and compliance track of a marked incident."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from incidents.models import EscalationRun, Incident
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def refused(attempt: Callable[[], Any], words: str = "goes on") -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        attempt()


def run_of(incident: Incident, now: Any, **fields: Any) -> EscalationRun:
    fields = {"track": "compliance", "next_run_at": now, "started_at": now, "alerting_since": now, **fields}
    version = incident.policy_version
    return EscalationRun.objects.create(incident=incident, policy_version=version, content_sha256=version.content_sha256, **fields)


@shared
def incident(now: Any) -> Incident:
    return make.incident(now, service=policies.in_force(now=now).policy.service, personal_data=True)


@shared
def run(incident: Incident, now: Any) -> EscalationRun:
    return run_of(incident, now)


@pytest.mark.parametrize("state", ["new", "resolved"])
def test_it_ends_by_no_road_before_somebody_acknowledges(state: str, run: EscalationRun, now: Any) -> None:
    Incident.objects.filter(pk=run.incident_id).update(state=state, resolved_at=now if state == "resolved" else None)
    rows = EscalationRun.objects.filter(pk=run.pk)
    refused(lambda: rows.update(state="ended", ended_at=now))
    refused(lambda: rows.update(state="acknowledged"))
    refused(lambda: rows.update(state="acknowledged", acknowledged_at=now))
    refused(lambda: rows.update(state="exhausted", ended_at=now))
    run.state = "ended"
    refused(run.save)
    refused(lambda: EscalationRun.objects.bulk_update([run], ["state"]))
    with connection.cursor() as cursor:
        refused(lambda: cursor.execute("UPDATE incidents_escalationrun SET state = 'ended' WHERE id = %s", [run.pk]))
    assert rows.get().state == "paging"


def test_it_is_neither_deleted_nor_moved(run: EscalationRun, now: Any) -> None:
    rows = EscalationRun.objects.filter(pk=run.pk)
    refused(run.delete)
    refused(lambda: rows._raw_delete("default"))
    for change in ({"track": "technical"}, {"opening": 7}, {"incident": make.incident(now)}, {"content_sha256": "x"}):
        refused(lambda change=change: rows.update(**change), "keeps its incident")  # type: ignore[misc]


def test_none_begins_as_ended_in_the_place_of_a_real_one(incident: Incident, now: Any) -> None:
    refused(lambda: run_of(incident, now, state="ended", next_run_at=None))
    refused(lambda: run_of(incident, now, state="exhausted", next_run_at=None))


def test_it_ends_when_a_person_acknowledged_and_that_stays_on_record(run: EscalationRun, now: Any) -> None:
    rows, lea = EscalationRun.objects.filter(pk=run.pk), person("Lea Legal")
    rows.update(state="ended", acknowledged_at=now, acknowledged_by=lea, ended_at=now)
    refused(lambda: rows.update(acknowledged_at=None), "stays on record")
    refused(lambda: rows.update(acknowledged_at=now + timedelta(hours=1)), "stays on record")
    refused(lambda: rows.update(acknowledged_by=person("Somebody else")), "stays on record")
    refused(run.delete)


def test_the_engine_may_say_that_nobody_is_left(run: EscalationRun, now: Any) -> None:
    rows = EscalationRun.objects.filter(pk=run.pk)
    rows.update(state="exhausted", sequence=1, ended_at=now, next_run_at=None)
    refused(lambda: rows.update(state="ended"))


def test_other_tracks_and_unmarked_incidents_are_free(incident: Incident, now: Any) -> None:
    technical = run_of(incident, now, track="technical")
    EscalationRun.objects.filter(pk=technical.pk).update(state="ended", ended_at=now)
    unmarked = make.incident(now, service=incident.service)
    free = run_of(unmarked, now)
    EscalationRun.objects.filter(pk=free.pk).update(state="ended", ended_at=now)
    free.delete()
