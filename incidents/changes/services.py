"""Linking the changes that resolve an incident or caused it."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked

from .models import ChangeRequest, IncidentChange


def link_change(incident: Incident, change: ChangeRequest, *, relation: str, actor: Any, now: datetime, reason: str = "") -> IncidentChange:
    """Says how `change` and `incident` belong together. A repeat changes nothing. Raises NotAllowed."""
    require(actor, "incidents.add_incidentchange", incident, to="link changes to incidents")
    relation = IncidentChange.Relation(relation).value
    with act("incident.change_linked", actor=actor, now=now, subject=incident, why=reason) as running:
        Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        existing = IncidentChange.objects.filter(incident=incident, change=change, relation=relation).first()
        if existing is not None:
            running.nothing_happened()
            return existing
        link = IncidentChange(incident=incident, change=change, relation=relation)
        save_tracked(link, actor=actor, now=now, reason=reason)
        text = f"{name_of(actor)} linked change {change}, {link.get_relation_display()}"
        data = {"change": change.number, "relation": relation}
        add_timeline(incident, kind=TimelineEntry.Kind.LINK, at=now, actor=actor, text=text, why=reason, data=data)
    return link
