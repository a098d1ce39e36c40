"""What an escalation decision is made from and made of, as plain values that can be recorded and read back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a run stands. Paging and acknowledged runs are live: they always have a next look."""

    PAGING = "paging"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"
    EXHAUSTED = "exhausted"

    @property
    def is_live(self) -> bool:
        return self in {Status.PAGING, Status.ACKNOWLEDGED}


class Kind(StrEnum):
    """What a run can do at one point."""

    LEVEL = "level"
    PAGED = "paged"
    REMINDED = "reminded"
    REPEATED = "repeated"
    PASSED_OVER = "passed_over"
    ACKNOWLEDGED = "acknowledged"
    MILESTONE = "milestone"
    ENDED = "ended"
    EXHAUSTED = "exhausted"


BUSY, AWAY = "busy", "away"


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody who was passed over for a place, and why, in one sentence."""

    person_id: int | None
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody who can be alerted and why. `standing` is '' for who is free, BUSY or AWAY; then `hindrance` says it in one sentence."""

    person_id: int | None
    name: str
    why: str
    standing: str = ""
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits on one target of one level at this instant and why; `problem` says why nobody there can be alerted.

    `standing` and `hindrance` are as for Somebody. `passed` were before this person in the order of the target; `others` come next,
    should this person have been alerted elsewhere.
    """

    level: int
    position: int
    person_id: int | None
    name: str
    why: str
    problem: str = ""
    standing: str = ""
    hindrance: str = ""
    passed: tuple[Passed, ...] = ()
    others: tuple[Somebody, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """The people behind the targets, resolved for one instant."""

    seats: tuple[Seat, ...]

    def seat(self, level: int, position: int, name: str) -> Seat:
        """The seat of a target; one that nobody resolved counts as empty."""
        for seat in self.seats:
            if (seat.level, seat.position) == (level, position):
                return seat
        return Seat(level, position, None, name, "", f"Nobody is known for {name}.")


@dataclass(frozen=True, slots=True)
class Alerted:
    """A person who was alerted at the current level."""

    person_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class RunState:
    """What a run knows of itself and of its incident.

    `counts_from`: from here the resolution milestone counts, and the first alert is due. `level` and `position` are 0 before
    the first alert. `acknowledged_by` is None while nobody acknowledged; `ended_as` is the incident's final state in words.
    `severity` sets the pace ('' for none); `regraded` says that it changed since the last look, so that what is due at the new pace
    is not late. `round` is 1 until the way through the levels begins again; `reminded` counts the current window's reminders.
    """

    status: Status
    counts_from: datetime
    start_level: int = 1
    level: int = 0
    position: int = 0
    level_entered_at: datetime | None = None
    last_page_at: datetime | None = None
    alerted: tuple[Alerted, ...] = ()
    milestone_done: bool = False
    acknowledged_by: str | None = None
    ended_as: str | None = None
    severity: str = ""
    regraded: bool = False
    round: int = 1
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do or to record, with its reason in words. `late_by` is set when it comes noticeably after its time."""

    kind: Kind
    reason: str
    level: int | None = None
    position: int | None = None
    person_id: int | None = None
    person_name: str = ""
    late_by: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: the actions in order, the run afterwards, and when to look again (None once it has ended)."""

    actions: tuple[Action, ...]
    state: RunState
    next_look: datetime | None


def as_recorded(roster: Roster, state: RunState, now: datetime) -> dict[str, Any]:
    """A decision's inputs as JSON values; `from_recorded` reads them back to the same values."""
    return {
        "now": now.isoformat(),
        "roster": [_seat_recorded(seat) for seat in roster.seats],
        "state": {
            "status": state.status.value,
            "counts_from": state.counts_from.isoformat(),
            "start_level": state.start_level,
            "level": state.level,
            "position": state.position,
            "level_entered_at": _text(state.level_entered_at),
            "last_page_at": _text(state.last_page_at),
            "alerted": [{"person_id": person.person_id, "name": person.name} for person in state.alerted],
            "milestone_done": state.milestone_done,
            "acknowledged_by": state.acknowledged_by,
            "ended_as": state.ended_as,
            "severity": state.severity,
            "regraded": state.regraded,
            "round": state.round,
            "reminded": state.reminded,
        },
    }


def from_recorded(recorded: Mapping[str, Any]) -> tuple[Roster, RunState, datetime]:
    """The inputs that `as_recorded` wrote, for replaying a decision."""
    state = dict(recorded["state"])
    state["status"] = Status(state["status"])
    state["alerted"] = tuple(Alerted(**person) for person in state["alerted"])
    for name in ("counts_from", "level_entered_at", "last_page_at"):
        state[name] = datetime.fromisoformat(state[name]) if state[name] else None
    roster = Roster(tuple(_seat_read(seat) for seat in recorded["roster"]))
    return roster, RunState(**state), datetime.fromisoformat(recorded["now"])


def _seat_recorded(seat: Seat) -> dict[str, Any]:
    """What says nothing is left out: most seats are somebody's who is free, with nobody before or behind them."""
    told: dict[str, Any] = {name: getattr(seat, name) for name in ("level", "position", "person_id", "name", "why", "problem")}
    told |= {name: getattr(seat, name) for name in ("standing", "hindrance") if getattr(seat, name)}
    if seat.passed:
        told["passed"] = [asdict(passed) for passed in seat.passed]
    if seat.others:
        told["others"] = [asdict(other) for other in seat.others]
    return told


def _seat_read(recorded: Mapping[str, Any]) -> Seat:
    """Seats recorded before people were ranked lack what they now may say."""
    passed = tuple(Passed(**one) for one in recorded.get("passed", ()))
    others = tuple(Somebody(**one) for one in recorded.get("others", ()))
    return Seat(**{**recorded, "passed": passed, "others": others})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
