"""Whom a pass of an escalation alerts or reminds, and what is recorded beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .escalation_facts import AWAY, BUSY, Action, Alerted, Decision, Kind, Passed, Roster, RunState, Seat, Status
from .escalation_levels import levels_above
from .escalation_times import Reminder, backup_after, entered_at, next_look, reminders_due, window_end
from .escalation_words import in_words
from .ruleset import LevelRule, PolicySnapshot

# The engine looks every second; half a minute behind is an outage worth telling, not a delay.
LATE_AFTER = timedelta(seconds=30)


def enter(
    snapshot: PolicySnapshot,
    levels: Sequence[LevelRule],
    roster: Roster,
    state: RunState,
    now: datetime,
    why: str,
    late: timedelta | None,
) -> Decision:
    """Enters the first of `levels` with somebody to alert; the levels before it are passed over at once.

    People who are away count only when nobody else is left on any of them.
    """
    actions: list[Action] = []
    for away_too in (False, True) if any(seat.standing == AWAY for seat in roster.seats) else (False,):
        actions, reason = [], why
        for level in levels:
            passed, seat = _fill(level, roster, away_too=away_too)
            if seat is not None:
                actions += [Action(Kind.LEVEL, reason, level.number, late_by=late), *passed]
                anew = {"status": Status.PAGING, "level": level.number, "level_entered_at": now, "reminded": 0, "acknowledged_by": None}
                return paged(snapshot, state, level, seat, now, tuple(actions), _told(seat.why, seat), late, (), anew)
            reason = f"Level {level.number} has nobody who can be alerted."
            actions += [*passed, Action(Kind.PASSED_OVER, reason, level.number)]
    told = "The policy has no levels for this." if not snapshot.levels else f"{why} There is nobody further to alert."
    actions.append(Action(Kind.EXHAUSTED, told, late_by=late))
    return Decision(tuple(actions), state._replace(status=Status.EXHAUSTED), None)


def alert_backup(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, due: datetime) -> Decision:
    """The next person of the level. The level's window moves by as much as this comes late: nobody loses time to answer."""
    late = lateness(state, now, due)
    passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted)
    if seat is None and not any(_fill(above, roster)[1] for above in levels_above(snapshot, level.number)):
        passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted, away_too=True)
    if seat is None:
        after = state._replace(position=max((target.position for target in level.targets), default=state.position))
        return Decision(passed, after, next_look(snapshot, level, after))
    entered = entered_at(state) + (now - due)
    waited = in_words(backup_after(snapshot, level, state))
    silent = f"{state.alerted[-1].name if state.alerted else 'Nobody'} did not acknowledge within {waited}."
    return paged(snapshot, state, level, seat, now, passed, _told(silent, seat), late, state.alerted, {"level_entered_at": entered})


def remind(snapshot: PolicySnapshot, state: RunState, now: datetime, level: LevelRule, reminder: Reminder) -> Decision:
    """Reminds whoever was alerted and has not answered: once, however many reminders an outage has left unsent."""
    left = in_words(window_end(snapshot, level, state) - now)
    why, late = f"The time to answer at level {level.number} ends in {left}.", lateness(state, now, reminder.due)
    actions = tuple(
        Action(Kind.REMINDED, why, level.number, person_id=person.person_id, person_name=person.name, late_by=late)
        for person in reminder.people
    )
    after = state._replace(reminded=max(reminder.number, reminders_due(snapshot, level, state, now)))
    return Decision(actions, after, next_look(snapshot, level, after))


def _fill(
    level: LevelRule, roster: Roster, *, after: int = 0, alerted: tuple[Alerted, ...] = (), away_too: bool = False
) -> tuple[tuple[Action, ...], Seat | None]:
    """The seat of the level beyond `after` to alert, and the record of those passed over before it.

    The first whose person is free; with none, the first whose person is busy; somebody away only with `away_too`.
    """
    passed: list[Action] = []
    second: Seat | None = None
    before_second = 0
    for target in sorted(level.targets, key=lambda target: target.position):
        if target.position <= after:
            continue
        seat = _not_yet(roster.seat(level.number, target.position, target.name), target.name, alerted)
        if not seat.problem and not seat.standing:
            return (*passed, *_passed_for(seat)), seat
        possible = not seat.problem and (seat.standing == BUSY or away_too)
        if possible and (second is None or (second.standing == AWAY and seat.standing == BUSY)):
            second, before_second = seat, len(passed)
        passed += _passed_for(seat)
        passed.append(Action(Kind.PASSED_OVER, seat.problem or seat.hindrance, level.number, target.position, seat.person_id, seat.name))
    if second is not None:
        return (*passed[:before_second], *_passed_for(second)), second
    return tuple(passed), None


def _not_yet(seat: Seat, name: str, alerted: tuple[Alerted, ...]) -> Seat:
    """The seat with the first of its people who was not alerted at this level yet; a problem when there is none."""
    if seat.problem:
        return seat
    if seat.person_id is None:
        return replace(seat, problem=f"Nobody is known for {name}.")
    if all(person.person_id != seat.person_id for person in alerted):
        return seat
    had = {person.person_id for person in alerted}
    again = f"{seat.name} was already alerted at this level."
    for number, other in enumerate(seat.others):
        if other.person_id not in had:
            passed = (*seat.passed, Passed(seat.person_id, seat.name, again))
            return replace(
                seat,
                person_id=other.person_id,
                name=other.name,
                why=other.why,
                standing=other.standing,
                hindrance=other.hindrance,
                passed=passed,
                others=seat.others[number + 1 :],
            )
    return replace(seat, problem=again)


def _passed_for(seat: Seat) -> list[Action]:
    """The record of those who were passed over for the person of `seat`."""
    return [Action(Kind.PASSED_OVER, one.why, seat.level, seat.position, one.person_id, one.name) for one in seat.passed]


def _told(why: str, seat: Seat) -> str:
    """Why somebody is alerted who is busy or away, after why anybody is."""
    if not seat.standing:
        return why
    return f"{why} {seat.hindrance} {'Nobody else is left.' if seat.standing == AWAY else 'Nobody who is free is left at this level.'}"


def paged(
    snapshot: PolicySnapshot,
    state: RunState,
    level: LevelRule,
    seat: Seat,
    now: datetime,
    before: tuple[Action, ...],
    why: str,
    late: timedelta | None,
    alerted: tuple[Alerted, ...],
    changes: Mapping[str, Any],
) -> Decision:
    """One person is alerted. `alerted` are those alerted at the level before; `changes` is what else becomes of the state."""
    page = Action(Kind.PAGED, why, level.number, seat.position, seat.person_id, seat.name, late)
    everybody = (*alerted, Alerted(seat.person_id, seat.name))
    after = state._replace(**changes, position=seat.position, last_page_at=now, alerted=everybody)
    return Decision((*before, page), after, next_look(snapshot, level, after))


def lateness(state: RunState | None, now: datetime, due: datetime) -> timedelta | None:
    """By how much something comes after it was due, when that is noticeable. A pace that changed since the last look is no delay."""
    if state is not None and state.regraded:
        return None
    return now - due if now - due >= LATE_AFTER else None
