"""Bringing a log in, and telling what is there afterwards."""

from datetime import datetime
from pathlib import Path
from typing import Any

from audit.models import LedgerEvent
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import Outcome, import_log
from incidents.models import (
    ChangeRequest,
    ImportRun,
    Incident,
    IncidentChange,
    IncidentProblem,
    Problem,
    SourceRecord,
    TimelineEntry,
)
from policies.models import Component, Service, Team
from portal.models import User

FIELDS = (
    "number", "title", "description", "service__name", "component__name", "team__name", "assigned_to__source_ref", "caller__source_ref",
    "impact", "urgency", "priority", "state", "hold_reason", "opened_at", "opened_by__source_ref", "acknowledged_at",
    "acknowledged_by__source_ref", "resolved_at", "resolved_by__source_ref", "closed_at", "close_code", "reopen_count",
    "reassignment_count", "made_sla", "origin", "source_system",
)  # fmt: skip
STORY = ("incident__number", "kind", "at", "actor_name", "actor__source_ref", "text", "why", "data")
TABLES = (
    Incident, TimelineEntry, SourceRecord, ImportRun, LedgerEvent, Service, Component, Team, User, Problem, ChangeRequest, IncidentProblem,
    IncidentChange, Incident.history.model, Service.history.model, Team.history.model, Component.history.model, User.history.model,
    Problem.history.model, ChangeRequest.history.model, IncidentProblem.history.model, IncidentChange.history.model,
)  # fmt: skip


def bring_in(path: Path, now: datetime, **options: Any) -> Outcome:
    return import_log(path, SERVICENOW_LOG, actor=options.pop("actor", None), operator="olga", now=now, **options)


def everything() -> dict[str, list[Any]]:
    """All that incidents say, without keys and without the time of the import."""
    return {
        "incidents": list(Incident.objects.order_by("number").values_list(*FIELDS)),
        "story": list(TimelineEntry.objects.order_by("incident__number", "id").values_list(*STORY)),
        "problems": sorted(IncidentProblem.objects.values_list("incident__number", "problem__number")),
        "changes": sorted(IncidentChange.objects.values_list("incident__number", "change__number", "relation")),
        "records": list(
            SourceRecord.objects.order_by("incident__number", "recorded_at", "place").values_list("incident__number", "digest", "place")
        ),
    }


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]
