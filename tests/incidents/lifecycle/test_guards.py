"""Every road around the services to a marked incident and to the rules it was opened under: the database refuses."""

# ruff: noqa: S608
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from incidents.models import EscalationLook, Incident
from portal.foundation import database_guards
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
MARKERS = ("personal_data", "regulated", "data_breach")


def refused(attempt: Callable[[], Any], words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        attempt()


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def loaded(incident: Incident, path: Any, **fields: Any) -> None:
    content = json.loads(serializers.serialize("json", [incident]))
    content[0]["fields"].update(fields)
    path.write_text(json.dumps(content))
    call_command("loaddata", str(path), verbosity=0)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_unset_by_no_road(marker: str, now: Any, tmp_path: Any) -> None:
    incident = make.incident(now, **{marker: True})
    rows = Incident.objects.filter(pk=incident.pk)

    def saved() -> None:
        own = Incident.objects.get(pk=incident.pk)
        setattr(own, marker, False)
        own.save()

    def bulk() -> None:
        own = Incident.objects.get(pk=incident.pk)
        setattr(own, marker, False)
        Incident.objects.bulk_update([own], [marker])

    for attempt in (
        lambda: rows.update(**{marker: False}),
        saved,
        bulk,
        lambda: sql(f"UPDATE incidents_incident SET {marker} = %s WHERE id = %s", False, incident.pk),
        lambda: loaded(incident, tmp_path / "incident.json", **{marker: False}),
    ):
        refused(attempt, "stay marked")
    incident.refresh_from_db()
    assert getattr(incident, marker)


def test_a_marked_incident_is_neither_deleted_nor_replaced(now: Any) -> None:
    incident = make.incident(now, personal_data=True)
    incident.timeline.all().delete()
    refused(lambda: Incident.objects.filter(pk=incident.pk)._raw_delete("default"), "never deleted")
    refused(lambda: sql("DELETE FROM incidents_incident WHERE id = %s", incident.pk), "never deleted")
    columns = ", ".join(field.column for field in Incident._meta.local_concrete_fields if field.column not in MARKERS)
    replacing = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    refused(
        lambda: sql(
            f"{replacing} INTO incidents_incident ({columns}, personal_data, regulated, data_breach) "
            f"SELECT {columns}, %s, %s, %s FROM incidents_incident WHERE id = %s",
            False,
            False,
            False,
            incident.pk,
        ),
        "is marked|duplicate key",
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_incidents_are_not_emptied_at_once(now: Any) -> None:
    make.incident(now)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    refused(lambda: sql("TRUNCATE incidents_incident CASCADE"), "never deleted|goes on")


def test_a_marked_incident_stays_where_its_track_looks_for_it(now: Any) -> None:
    incident, other = make.incident(now, data_breach=True), make.service()
    rows = Incident.objects.filter(pk=incident.pk)
    refused(lambda: rows.update(origin="imported"), "keeps its number")
    refused(lambda: rows.update(service=other), "keeps its number")
    refused(lambda: rows.update(number="INC-X"), "keeps its number")
    rows.update(title="Corrected", state="in_progress")


def test_the_rules_of_the_opening_are_not_exchanged(now: Any) -> None:
    version, other = policies.in_force(now=now), policies.in_force(now=now)
    incident = make.incident(now, service=version.policy.service)
    rows = Incident.objects.filter(pk=incident.pk)
    refused(lambda: rows.update(policy_version=other), "never exchanged")
    refused(lambda: rows.update(policy_version=None), "never exchanged")
    refused(lambda: rows.update(rule_versions=[other.pk]), "never exchanged")
    fresh = Incident.objects.get(pk=incident.pk)
    fresh.title = "Saved whole"
    fresh.save()


def test_an_incident_without_a_marker_is_not_in_the_way(now: Any) -> None:
    incident = make.incident(now)
    incident.timeline.all().delete()
    EscalationLook.objects.all().delete()
    sql("DELETE FROM incidents_incident WHERE id = %s", incident.pk)
    assert not Incident.objects.exists()


def test_the_guards_are_in_the_database() -> None:
    assert person("Anybody")
    assert database_guards.missing() == []
