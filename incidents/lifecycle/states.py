"""The states of an incident, as a table an auditor can read."""

from enum import StrEnum


class IncidentState(StrEnum):
    """ITIL's states. 'Unknown' is only for imported records whose state nobody could read."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


OPEN_STATES = frozenset({IncidentState.NEW, IncidentState.IN_PROGRESS, IncidentState.ON_HOLD})
ENDED_STATES = frozenset({IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.CANCELLED})

# From a state, by a verb, to a state. What is not in the table cannot happen.
TRANSITIONS: dict[tuple[IncidentState, str], IncidentState] = {
    (IncidentState.NEW, "acknowledge"): IncidentState.IN_PROGRESS,
    (IncidentState.IN_PROGRESS, "acknowledge"): IncidentState.IN_PROGRESS,
    (IncidentState.ON_HOLD, "acknowledge"): IncidentState.IN_PROGRESS,
    (IncidentState.IN_PROGRESS, "hold"): IncidentState.ON_HOLD,
    (IncidentState.ON_HOLD, "resume"): IncidentState.IN_PROGRESS,
    (IncidentState.NEW, "resolve"): IncidentState.RESOLVED,
    (IncidentState.IN_PROGRESS, "resolve"): IncidentState.RESOLVED,
    (IncidentState.ON_HOLD, "resolve"): IncidentState.RESOLVED,
    (IncidentState.RESOLVED, "reopen"): IncidentState.IN_PROGRESS,
    (IncidentState.RESOLVED, "close"): IncidentState.CLOSED,
    (IncidentState.NEW, "cancel"): IncidentState.CANCELLED,
}


def after(state: str, verb: str) -> IncidentState | None:
    """The state that `verb` leads to, or None when it is not possible from `state`."""
    return TRANSITIONS.get((IncidentState(state), verb))
