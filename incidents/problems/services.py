"""Linking what explains an incident to it."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked

from .models import IncidentProblem, Problem


def link_problem(incident: Incident, problem: Problem, *, actor: Any, now: datetime, reason: str = "") -> IncidentProblem:
    """Says that `problem` explains `incident`. A repeat changes nothing. Raises NotAllowed."""
    require(actor, "incidents.add_incidentproblem", incident, to="link problems to incidents")
    with act("incident.problem_linked", actor=actor, now=now, subject=incident, why=reason) as running:
        Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        existing = IncidentProblem.objects.filter(incident=incident, problem=problem).first()
        if existing is not None:
            running.nothing_happened()
            return existing
        link = IncidentProblem(incident=incident, problem=problem)
        save_tracked(link, actor=actor, now=now, reason=reason)
        text = f"{name_of(actor)} linked problem {problem}"
        add_timeline(incident, kind=TimelineEntry.Kind.LINK, at=now, actor=actor, text=text, why=reason, data={"problem": problem.number})
    return link
