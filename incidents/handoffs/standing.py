"""How an escalation stands when it changes hands: state, level, what comes next and how long that is away. No query of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident
from policies.decisions.escalation_words import in_words

State = EscalationRun.State
NEXT = {
    State.PAGING: "the next alert",
    State.HELD: "the alerting goes on by itself",
    State.ACKNOWLEDGED: "it escalates again, unless it is resolved or the one who has it is heard of",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One track of an incident. `next_at` is None when nothing happens by itself; `ahead` says what would."""

    state: str
    level: int
    next_at: datetime | None = None
    ahead: str = ""

    def remaining(self, now: datetime) -> str:
        """'12 min', 'now', or '' when nothing is ahead."""
        if self.next_at is None:
            return ""
        left = self.next_at - now
        return in_words(left) if left.total_seconds() >= 1 else "now"

    @property
    def words(self) -> str:
        """'acknowledged, level 2'."""
        return f"{self.state}, level {self.level}" if self.level else self.state


def standing(run: EscalationRun | None, incident: Incident) -> Standing:
    """How the track of `run` stands; None is an incident that nothing escalates."""
    if run is None:
        return Standing("no escalation runs", 0)
    if not run.is_live:
        return Standing("the escalation has ended" if run.state == State.ENDED else run.get_state_display(), run.level)
    state = State(run.state)
    at = run.held_until if state is State.HELD else run.next_run_at
    return Standing(str(state.label), run.level, at, NEXT[state])


def content_to_sign(
    incident: Incident, run: EscalationRun | None, *, track: str, kind: str, giver: Any, receiver: Any, team: Any, note: str, now: datetime
) -> dict[str, Any]:
    """What both sign, in the canonical profile: texts and whole numbers only."""
    stands = standing(run, incident)
    left = None if stands.next_at is None else max(round((stands.next_at - now).total_seconds()), 0)
    return {
        "incident": incident.number,
        "opening": incident.reopen_count,
        "severity": incident.severity,
        "track": track,
        "kind": kind,
        "giver": _person(giver),
        "receiver": _person(receiver),
        "team": str(team) if team is not None else "",
        "note": note,
        "as_of": now.isoformat(),
        "escalation": {"state": stands.state, "level": stands.level, "ahead": stands.ahead, "seconds_left": left},
    }


def _person(person: Any) -> dict[str, Any] | None:
    return None if person is None else {"id": person.pk, "name": str(person)}
