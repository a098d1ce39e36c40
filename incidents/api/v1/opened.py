"""The answer to an opening, which alert senders wait for: as `IncidentStoryOutput` shows it, of one that was opened this moment.

Nothing runs for it yet, nobody has it, and what was told of it is at hand; so it is put together without a serializer, at a tenth of the cost.
"""

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse

from incidents.lifecycle import grading
from incidents.lifecycle.telling import parts_of
from incidents.lifecycle.timeline import told_of
from incidents.models import Incident, TimelineEntry
from policies.decisions.vocabulary import Priority
from policies.models import PolicyVersion
from portal.foundation.apikit.forms import shown

from .serializers import ReadingOutput


def as_opened(incident: Incident) -> dict[str, Any]:
    """`incident` with its story, as reading it back would show it."""
    told = told_of(incident)
    return {
        **_itself(incident),
        "policy_version": _followed(incident.policy_version),
        "tracks": [],
        "rules": parts_of(grading.rules_pinned_by(incident).rules),
        "readings": _readings(incident, told),
        "timeline": [_entry(one) for one in told],
    }


def _itself(incident: Incident) -> dict[str, Any]:
    loss = incident.revenue_loss_per_hour
    return {
        "number": incident.number,
        "url": reverse("incident-detail", kwargs={"number": incident.number}),
        "title": incident.title,
        "description": incident.description,
        "service": incident.service.key,
        "service_name": incident.service.name,
        "impact": incident.impact,
        "urgency": incident.urgency,
        "priority": incident.priority,
        "priority_label": Priority(incident.priority).label if incident.priority else None,
        "severity": incident.severity,
        "start_level": incident.start_level,
        "personal_data": incident.personal_data,
        "regulated": incident.regulated,
        "data_breach": incident.data_breach,
        "confidential": incident.confidential,
        "labels": incident.labels,
        "revenue_loss_per_hour": None if loss is None else f"{loss.normalize():f}",
        "revenue_currency": incident.revenue_currency,
        "regulatory_exposure": int(incident.regulatory_exposure),
        "segment": _name(incident.segment),
        "state": incident.state,
        "hold_reason": incident.hold_reason,
        "origin": incident.origin,
        "team": _name(incident.team),
        "assigned_to": None,
        "opened_at": _moment(incident.opened_at),
        "opened_by": _name(incident.opened_by),
        # What comes later, if at all.
        **dict.fromkeys(("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "closed_at")),
    }


def _followed(version: PolicyVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"id": version.pk, "policy": version.policy.name, "number": version.number, "content_sha256": version.content_sha256}


def _readings(incident: Incident, told: list[TimelineEntry]) -> list[Any]:
    """Each of them was told, so that without a word of one there is none."""
    read = any(entry.kind == TimelineEntry.Kind.READING for entry in told)
    return [shown(ReadingOutput, reading) for reading in incident.readings.all()] if read else []


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "at": _moment(entry.at),
        "recorded_at": _moment(entry.recorded_at),
        "kind": str(entry.kind),
        "actor": entry.actor_name,
        "text": entry.text,
        "why": entry.why,
        "data": entry.data,
        "imported": entry.imported,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _name(thing: Any) -> str | None:
    return str(thing) if thing is not None else None
