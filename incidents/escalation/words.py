"""How the engine's actions are told: on the timeline, in the log and to the person who is alerted."""

from collections.abc import Callable
from datetime import UTC

from incidents.lifecycle.models import Incident
from policies.decisions.escalation import in_words
from policies.decisions.escalation_facts import Action, Kind, RunState, Status
from policies.decisions.ruleset import PolicySnapshot, TargetRule
from policies.decisions.vocabulary import Track

NOBODY_REACHED = "Nobody reached: the escalation has run out of people"
RCA_NEEDED = "A root-cause analysis is needed"


def told(action: Action, before: RunState, snapshot: PolicySnapshot, track: Track = Track.TECHNICAL) -> str:
    """The sentence for the timeline; empty for what the timeline already says otherwise. Other tracks than the technical are named."""
    if track is not Track.TECHNICAL and action.kind is Kind.ACKNOWLEDGED:
        return f"The {track.label.lower()} track is acknowledged"
    text = _told(action, before, snapshot)
    return f"{track.label} track: {text}" if text and track is not Track.TECHNICAL else text


def _told(action: Action, before: RunState, snapshot: PolicySnapshot) -> str:
    level = _level(action, snapshot)
    if action.kind in _BY_HAND:
        return _BY_HAND[action.kind](action, before)
    if action.kind is Kind.LEVEL:
        return _entered(action, before, snapshot)
    if action.kind is Kind.PAGED:
        return f"{action.person_name} is alerted, {role(action)}"
    if action.kind is Kind.PASSED_OVER and action.position is None:
        return f"{_capital(level)} was passed over"
    if action.kind is Kind.PASSED_OVER and action.person_name:
        return f"{action.person_name} was passed over as {role(action)}"
    plain = {
        Kind.REMINDED: f"{action.person_name} is reminded",
        Kind.REPEATED: "Nobody answered: the alerting begins again",
        Kind.PASSED_OVER: f"{_capital(role(action))} was passed over",
        Kind.MILESTONE: "The resolution milestone was missed",
        Kind.SILENT: f"{action.person_name} has gone silent: {level or 'the first level'} is alerted again",
        Kind.EXHAUSTED: NOBODY_REACHED,
    }
    if action.kind in plain:
        return plain[action.kind]
    stopped = before.status is Status.PAGING and before.level and (action.kind is Kind.ACKNOWLEDGED or before.ended_as)
    return "Alerting stopped" if stopped else ""


def why(action: Action) -> str:
    """The action's reason, with how late it came when that was noticeable."""
    return f"{action.reason} This came {in_words(action.late_by)} late." if action.late_by else action.reason


def role(action: Action) -> str:
    """'primary of level 1', 'backup 2 of level 3', and for whoever fell silent 'holder of the incident'."""
    if action.position == 0:
        return "holder of the incident"
    return f"{TargetRule(action.position or 1, None, None, '').role} of level {action.level}"


def headline(incident: Incident, track: Track = Track.TECHNICAL) -> str:
    """'P1 INC-000001 Card payments fail', with the track in front when it is another than the technical one."""
    priority = f"P{incident.priority} " if incident.priority else ""
    named = "" if track is Track.TECHNICAL else f"{track.label}: "
    return f"{named}{priority}{incident.number} {incident.title}"


def what_happened(incident: Incident) -> str:
    """'Card payments: Fail for many'; the title alone where it begins with the service's name anyway."""
    service, title = incident.service.name, incident.title
    begins = title.casefold().startswith(service.casefold()) and not title[len(service) :][:1].isalnum()
    return title if begins else f"{service}: {title}"


def page_body(incident: Incident, action: Action, snapshot: PolicySnapshot, track: Track = Track.TECHNICAL) -> str:
    """What the alerted person needs at first glance."""
    other = track is not Track.TECHNICAL
    seat = role(action) if action.kind is Kind.PAGED else f"one of level {action.level}"
    named = f" of the {track.label.lower()} track" if other else ""
    lines = [
        what_happened(incident),
        f"You are alerted as {seat}{named}." if action.kind is Kind.REMINDED else f"You are alerted as {seat}{named}. {why(action)}",
        f"Acknowledge {'the track ' if other else ''}to stop the alerts; without that the next person is alerted.",
    ]
    return "\n".join(lines)


def exhausted_body(incident: Incident, action: Action, track: Track = Track.TECHNICAL) -> str:
    """What the owner of last resort needs to know."""
    needs = "the incident" if track is Track.TECHNICAL else f"its {track.label.lower()} track"
    return f"{what_happened(incident)}\n{why(action)}\nYou own this escalation policy: {needs} now needs you."


def _entered(action: Action, before: RunState, snapshot: PolicySnapshot) -> str:
    """What kind of escalation it is, by the level's own: to deeper skills, or to management."""
    level = _level(action, snapshot)
    kind = next((f" ({rule.kind})" for rule in snapshot.levels if rule.number == action.level and rule.kind), "")
    if before.order is not None and before.order.kind is Kind.LOWERED:
        return f"De-escalated to {level}{kind}"
    return f"Escalated to {level}{kind}" if before.level else f"Alerting starts at {level}"


def _held(action: Action, before: RunState) -> str:
    until = before.order.until if before.order is not None else None
    return f"{_by(before)} put the alerting on hold" + (
        f" until {until.astimezone(UTC):%H:%M} UTC on {until.astimezone(UTC):%-d %B}" if until else ""
    )


def _resumed(action: Action, before: RunState) -> str:
    return f"{_by(before)} let the alerting go on" if before.order is not None else "The alerting goes on"


def _taken(action: Action, before: RunState) -> str:
    return f"{action.person_name} took over" + (f" from {before.holder.name}" if before.holder else "")


_BY_HAND: dict[Kind, Callable[[Action, RunState], str]] = {
    Kind.HELD: _held,
    Kind.RESUMED: _resumed,
    Kind.RAISED: lambda action, before: f"{_by(before)} escalated it one level up",
    Kind.LOWERED: lambda action, before: f"{_by(before)} de-escalated it one level down",
    Kind.BYPASSED: lambda action, before: f"{_by(before)} bypassed the route, straight to level {action.level}",
    Kind.TAKEN_OVER: _taken,
    # The hand-off itself is told by its own room, with both names.
    Kind.HANDED_OVER: lambda action, before: "",
}


def _by(before: RunState) -> str:
    return before.order.by.name if before.order is not None else "The portal"


def _level(action: Action, snapshot: PolicySnapshot) -> str:
    return next((f"level {rule.number}, {rule.name}" for rule in snapshot.levels if rule.number == action.level), "")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
