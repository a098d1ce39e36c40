"""How the engine's actions are told: on the timeline, in the log and to the person who is alerted."""

from incidents.lifecycle.models import Incident
from policies.decisions.escalation import in_words
from policies.decisions.escalation_facts import Action, Kind, RunState
from policies.decisions.ruleset import PolicySnapshot, TargetRule

NOBODY_REACHED = "Nobody reached: the escalation has run out of people"


def told(action: Action, before: RunState, snapshot: PolicySnapshot) -> str:
    """The sentence for the timeline; empty for what the timeline already says otherwise."""
    level = next((f"level {rule.number}, {rule.name}" for rule in snapshot.levels if rule.number == action.level), "")
    if action.kind is Kind.LEVEL:
        return f"Escalated to {level}" if before.level else f"Alerting starts at {level}"
    if action.kind is Kind.PAGED:
        return f"{action.person_name} is alerted, {role(action, snapshot)}"
    if action.kind is Kind.PASSED_OVER and action.position is None:
        return f"{level[:1].upper()}{level[1:]} was passed over"
    if action.kind is Kind.PASSED_OVER:
        return f"{_capital(role(action, snapshot))} was passed over"
    if action.kind is Kind.MILESTONE:
        return "The resolution milestone was missed"
    if action.kind is Kind.EXHAUSTED:
        return NOBODY_REACHED
    stopped = before.status.value == "paging" and before.level and (action.kind is Kind.ACKNOWLEDGED or before.ended_as)
    return "Alerting stopped" if stopped else ""


def why(action: Action) -> str:
    """The action's reason, with how late it came when that was noticeable."""
    return f"{action.reason} This came {in_words(action.late_by)} late." if action.late_by else action.reason


def role(action: Action, snapshot: PolicySnapshot) -> str:
    """'primary of level 1', 'backup 2 of level 3'."""
    return f"{TargetRule(action.position or 1, None, None, '').role} of level {action.level}"


def headline(incident: Incident) -> str:
    """'P1 INC-000001 Card payments fail'."""
    priority = f"P{incident.priority} " if incident.priority else ""
    return f"{priority}{incident.number} {incident.title}"


def page_body(incident: Incident, action: Action, snapshot: PolicySnapshot) -> str:
    """What the alerted person needs at first glance."""
    lines = [
        f"{incident.service.name}: {incident.title}",
        f"You are alerted as {role(action, snapshot)}. {why(action)}",
        "Acknowledge to stop the alerts; without that the next person is alerted.",
    ]
    return "\n".join(lines)


def exhausted_body(incident: Incident, action: Action) -> str:
    """What the owner of last resort needs to know."""
    return f"{incident.service.name}: {incident.title}\n{why(action)}\nYou own this escalation policy: the incident now needs you."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
