"""What the metrics count: one plain value an incident, fetched once, so that every figure of a report rests on the same rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACKNOWLEDGE = "time to acknowledge"
RESOLVE = "time to resolve"


@dataclass(frozen=True, slots=True)
class IncidentFact:
    """An incident as its last record has it. Times are aware; `priority` is 1 to 5, or None when nobody knows it."""

    number: str
    title: str
    service: str
    team: str
    state: str
    priority: int | None
    opened_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    made_sla: bool | None = None
    reopen_count: int = 0
    reassignment_count: int = 0
    has_problem: bool = False
    has_change: bool = False
    functional_escalations: int = 0
    severity: str = ""

    @property
    def priority_name(self) -> str:
        return "unknown" if self.priority is None else f"P{self.priority}"

    @property
    def seconds_to_acknowledge(self) -> float | None:
        """From opening to acknowledgement, negative when the data contradict themselves; None when there is no such time."""
        return None if self.acknowledged_at is None else (self.acknowledged_at - self.opened_at).total_seconds()

    @property
    def seconds_to_resolve(self) -> float | None:
        """From opening to resolution, negative when the data contradict themselves; None when there is no such time."""
        return None if self.resolved_at is None else (self.resolved_at - self.opened_at).total_seconds()


@dataclass(frozen=True, slots=True)
class NegativeDuration:
    """An end before its beginning: an error in the data, shown and not counted."""

    number: str
    measure: str
    seconds: float


def functional_escalations_in(data: list[Any]) -> int:
    """How many of these assignments moved the incident from one known group to another. `data` are timeline entries' values."""
    return sum(1 for entry in data if moves_between_known_groups(entry))


def moves_between_known_groups(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    before, after = entry.get("from"), entry.get("to")
    return bool(before) and bool(after) and before != after
