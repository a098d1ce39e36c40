"""What an escalation decision is made from and made of, as plain values that can be recorded and read back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from .vocabulary import Track


class Status(StrEnum):
    """Where a run stands. Paging, held and acknowledged runs are live: they always have a next look."""

    PAGING = "paging"
    HELD = "held"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"
    EXHAUSTED = "exhausted"

    @property
    def is_live(self) -> bool:
        return self in _LIVE


_LIVE = frozenset({Status.PAGING, Status.HELD, Status.ACKNOWLEDGED})


class Kind(StrEnum):
    """What a run can do at one point."""

    LEVEL = "level"
    PAGED = "paged"
    REMINDED = "reminded"
    REPEATED = "repeated"
    PASSED_OVER = "passed_over"
    ACKNOWLEDGED = "acknowledged"
    MILESTONE = "milestone"
    SILENT = "silent"
    HELD = "held"
    RESUMED = "resumed"
    RAISED = "raised"
    LOWERED = "lowered"
    BYPASSED = "bypassed"
    TAKEN_OVER = "taken_over"
    HANDED_OVER = "handed_over"
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
            if seat.position == position and seat.level == level:
                return seat
        return Seat(level, position, None, name, "", f"Nobody is known for {name}.")


# What a decision makes many of are tuples with names: they cost a quarter of a frozen dataclass, and are as little changed.


class Alerted(NamedTuple):
    """A person who was alerted at the current level, or who holds the track and is alerted when they fall silent."""

    person_id: int | None
    name: str


class Order(NamedTuple):
    """What somebody told the run to do: hold, resume, raise, lower, bypass, take over, or a hand-off that was accepted.

    Who may is asked before. `level` belongs to a bypass, `until` to a hold.
    """

    kind: Kind
    by: Alerted
    reason: str = ""
    level: int | None = None
    until: datetime | None = None


class RunState(NamedTuple):
    """What a run knows of itself and of its incident.

    `counts_from`: from here the resolution milestone counts, and the first alert is due. `level` and `position` are 0 before
    the first alert; with a level, position 0 is the holder who fell silent. `acknowledged_by` is None while nobody acknowledged;
    `ended_as` is the incident's final state in words. `severity` sets the pace ('' for none); `regraded` says that it changed since
    the last look, so that what is due at the new pace is not late. `round` is 1 until the way through the levels begins again;
    `reminded` counts the current window's reminders. `holder` is who is responsible and can be alerted; `last_sign_at` their last sign
    of work; `on_hold` says that the incident waits for others. `held_at` and `held_until` belong to the alerting's own hold.
    `start_level_answered` is the start level that a de-escalation has answered: only a higher one raises the run again.
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
    track: Track = Track.TECHNICAL
    holder: Alerted | None = None
    last_sign_at: datetime | None = None
    on_hold: bool = False
    held_at: datetime | None = None
    held_until: datetime | None = None
    start_level_answered: int = 0
    order: Order | None = None


class Action(NamedTuple):
    """One thing to do or to record, with its reason in words. `late_by` is set when it comes noticeably after its time.

    `deviation`: it departs from the policy's route, and the reason says why somebody with the right wanted that.
    """

    kind: Kind
    reason: str
    level: int | None = None
    position: int | None = None
    person_id: int | None = None
    person_name: str = ""
    late_by: timedelta | None = None
    deviation: bool = False


class Decision(NamedTuple):
    """What follows: the actions in order, the run afterwards, and when to look again (None once it has ended)."""

    actions: tuple[Action, ...]
    state: RunState
    next_look: datetime | None


_MOMENTS = ("counts_from", "level_entered_at", "last_page_at", "last_sign_at", "held_at", "held_until")
_SAID_ONLY_WHEN_SET = RunState._fields[RunState._fields.index("track") :]


def as_recorded(roster: Roster, state: RunState, now: datetime) -> dict[str, Any]:
    """A decision's inputs as JSON values; `from_recorded` reads them back to the same values."""
    told: dict[str, Any] = state._asdict()
    for name in _SAID_ONLY_WHEN_SET:
        if told[name] == RunState._field_defaults[name]:
            del told[name]
    told |= {name: _text(told[name]) for name in _MOMENTS if name in told}
    told["status"], told["alerted"] = state.status.value, [person._asdict() for person in state.alerted]
    if state.track is not Track.TECHNICAL:
        told["track"] = state.track.value
    if state.holder is not None:
        told["holder"] = state.holder._asdict()
    if state.order is not None:
        order = state.order
        told["order"] = {**order._asdict(), "kind": order.kind.value, "by": order.by._asdict(), "until": _text(order.until)}
    return {"now": now.isoformat(), "roster": [_seat_recorded(seat) for seat in roster.seats], "state": told}


def from_recorded(recorded: Mapping[str, Any]) -> tuple[Roster, RunState, datetime]:
    """The inputs that `as_recorded` wrote, for replaying a decision. What a record does not name is as it was before there was such a thing."""
    state = dict(recorded["state"])
    state["status"] = Status(state["status"])
    state["alerted"] = tuple(Alerted(**person) for person in state["alerted"])
    state |= {name: _moment(state[name]) for name in _MOMENTS if name in state}
    if "track" in state:
        state["track"] = Track(state["track"])
    if "holder" in state:
        state["holder"] = Alerted(**state["holder"])
    if "order" in state:
        order = state["order"]
        state["order"] = Order(**{**order, "kind": Kind(order["kind"]), "by": Alerted(**order["by"]), "until": _moment(order["until"])})
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


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
