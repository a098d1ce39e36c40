"""What alerts of a made-up incident would say: in the very words of real ones, of an incident that is never stored."""

from typing import Any

from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import IncidentState
from policies.catalogue.models import Service
from policies.decisions.escalation_facts import Action, Kind
from policies.decisions.ruleset import PolicySnapshot
from policies.messages.rendering import render
from policies.messages.templates import template_for
from policies.simulation.voices import Imagined, Voice

from . import words
from .effects import PAGE
from .last_resort import owner_of_last_resort
from .messages import values_of

NUMBER = "INC-SIMULATED"


def title_of(imagined: Imagined, action: Action, snapshot: PolicySnapshot) -> str:
    """The title of the message that `action` sends."""
    incident = _incident(imagined)
    if action.kind is Kind.EXHAUSTED:
        return f"Nobody reached: {words.headline(incident, imagined.track)}"
    title = _from_template(imagined, incident, action, snapshot) or words.headline(incident, imagined.track)
    return f"Reminder: {title}" if action.kind is Kind.REMINDED else title


def last_resort(service: Service, owner: Any) -> Any:
    """Who is told when nobody could be reached for an incident of `service`, whose policy `owner` has."""
    return owner_of_last_resort(Incident(service=service), owner)


def _from_template(imagined: Imagined, incident: Incident, action: Action, snapshot: PolicySnapshot) -> str:
    template = template_for(imagined.rules.messages, imagined.track, action.level or 0)
    if template is None:
        return ""
    values = values_of(incident) | {
        "level.number": str(action.level or ""),
        "level.name": next((level.name for level in snapshot.levels if level.number == action.level), ""),
        "person.name": action.person_name,
        "policy.name": imagined.policy,
    }
    return render(template.subject, values)


def _incident(imagined: Imagined) -> Incident:
    grade = imagined.grade
    return Incident(
        number=NUMBER,
        title=imagined.title,
        service=imagined.service,
        severity=grade.severity,
        priority=grade.priority,
        impact=grade.facts.impact,
        urgency=grade.facts.urgency,
        state=IncidentState.NEW.value,
        opened_at=imagined.begins,
    )


VOICE = Voice(PAGE, words.told, title_of, last_resort)
