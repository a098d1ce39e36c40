"""What an alerted person reads: from the policy's template where it has one, else in the portal's own words."""

import logging
from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.conf import settings

from incidents.lifecycle.grading import RulesFor
from incidents.lifecycle.models import Incident
from incidents.lifecycle.queries import incidents_for
from policies.decisions.escalation_facts import Action, Kind
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Priority, Scale, Severity, Track
from policies.messages.rendering import render, variables_in
from policies.messages.templates import template_for
from portal.foundation.errors import InvalidInput

from . import words
from .models import EscalationRun

logger = logging.getLogger(__name__)
NEXT_STEP = "next.step"
# People choose how they are reached for these, and how for everything else.
URGENT = frozenset({Severity.SEV1.value, Severity.SEV2.value})


def subject_ref(incident: Incident, track: Track = Track.TECHNICAL) -> str:
    """What messages are about, so that those of one track can be taken back together."""
    return f"incidents.incident:{incident.pk}" + ("" if track is Track.TECHNICAL else f":{track.value}")


def link_to(incident: Incident) -> str:
    """Where the incident can be read and acknowledged."""
    return f"{settings.PORTAL_URL}/admin/incidents/incident/{incident.pk}/change/"


def values_of(incident: Incident) -> dict[str, str]:
    """What a template can say of `incident`, under the names of policies.messages.rendering.VARIABLES."""
    opened = incident.opened_at.astimezone(UTC)
    return {
        "incident.number": incident.number,
        "incident.title": incident.title,
        "incident.service": incident.service.name,
        "incident.severity": Severity(incident.severity).label if incident.severity else "",
        "incident.priority": Priority(incident.priority).label if incident.priority else "",
        "incident.impact": Scale(incident.impact).label if incident.impact else "",
        "incident.urgency": Scale(incident.urgency).label if incident.urgency else "",
        "incident.state": incident.get_state_display(),
        "incident.opened_at": f"{opened.day} {opened:%B %Y, %H:%M} UTC",
        "incident.link": link_to(incident),
    }


def preview_values(number: str, viewer: Any) -> dict[str, str]:
    """The values of a real incident for a preview. Raises InvalidInput when there is none that `viewer` may see."""
    incident = incidents_for(viewer).filter(number__iexact=number).first()
    if incident is None:
        problem = f"No incident that you may see is called '{number[:40]}'."
        raise InvalidInput(problem, {"number": [f"{problem} Leave it empty to see a sample."]})
    named = {"policy.name": incident.policy_version.policy.name} if incident.policy_version else {}
    return values_of(incident) | named


def message_for(
    run: EscalationRun, incident: Incident, action: Action, snapshot: PolicySnapshot, rules: RulesFor, ahead: Callable[[], str]
) -> tuple[str, str]:
    """Title and body of the alert or the reminder that `action` is. `rules` are those pinned by the incident.

    `ahead` tells what happens next, and is asked only when needed. A template that cannot be found or rendered never stops an alert: the
    portal's own words go out, and the log says why.
    """
    try:
        written = _from_template(run, incident, action, snapshot, rules, ahead)
    except Exception:
        logger.exception("%s: the policy's template could not be used; the message goes out in the portal's own words.", incident.number)
        written = None
    track = Track(run.track)
    title, body = written or (words.headline(incident, track), words.page_body(incident, action, snapshot, track))
    return (f"Reminder: {title}", f"{action.reason}\n{body}") if action.kind is Kind.REMINDED else (title, body)


def _from_template(
    run: EscalationRun, incident: Incident, action: Action, snapshot: PolicySnapshot, rules: RulesFor, ahead: Callable[[], str]
) -> tuple[str, str] | None:
    template = template_for(rules.content.messages, Track(run.track), action.level or 0)
    if template is None:
        return None
    used = {*variables_in(template.subject), *variables_in(template.body)}
    values = values_of(incident) | {
        "level.number": str(action.level or ""),
        "level.name": next((level.name for level in snapshot.levels if level.number == action.level), ""),
        "person.name": action.person_name,
        "policy.name": run.policy_version.policy.name,
        NEXT_STEP: ahead() if NEXT_STEP in used else "",
    }
    return render(template.subject, values), render(template.body, values)
