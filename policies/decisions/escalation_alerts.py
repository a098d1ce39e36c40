"""Whom a pass of an escalation alerts or reminds, and what is recorded beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .escalation_facts import Action, Alerted, Decision, Kind, Roster, RunState, Seat, Status
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
    """Enters the first of `levels` with somebody to alert; the levels before it are passed over at once."""
    actions: list[Action] = []
    reason = why
    for level in levels:
        passed, seat = _fill(level, roster)
        if seat is not None:
            actions += [Action(Kind.LEVEL, reason, level.number, late_by=late), *passed]
            anew = {"status": Status.PAGING, "level": level.number, "level_entered_at": now, "reminded": 0, "acknowledged_by": None}
            return _paged(snapshot, state, level, seat, now, tuple(actions), seat.why, late, (), anew)
        reason = f"Level {level.number} has nobody who can be alerted."
        actions += [*passed, Action(Kind.PASSED_OVER, reason, level.number)]
    told = "The policy has no levels for this." if not snapshot.levels else f"{why} There is nobody further to alert."
    actions.append(Action(Kind.EXHAUSTED, told, late_by=late))
    return Decision(tuple(actions), replace(state, status=Status.EXHAUSTED), None)


def alert_backup(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, due: datetime) -> Decision:
    """The next person of the level. The level's window moves by as much as this comes late: nobody loses time to answer."""
    late = lateness(state, now, due)
    passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted)
    if seat is None:
        after = replace(state, position=max((target.position for target in level.targets), default=state.position))
        return Decision(passed, after, next_look(snapshot, level, after))
    entered = entered_at(state) + (now - due)
    waited = in_words(backup_after(snapshot, level, state))
    silent = f"{state.alerted[-1].name if state.alerted else 'Nobody'} did not acknowledge within {waited}."
    return _paged(snapshot, state, level, seat, now, passed, silent, late, state.alerted, {"level_entered_at": entered})


def remind(snapshot: PolicySnapshot, state: RunState, now: datetime, level: LevelRule, reminder: Reminder) -> Decision:
    """Reminds whoever was alerted and has not answered: once, however many reminders an outage has left unsent."""
    left = in_words(window_end(snapshot, level, state) - now)
    why, late = f"The time to answer at level {level.number} ends in {left}.", lateness(state, now, reminder.due)
    actions = tuple(
        Action(Kind.REMINDED, why, level.number, person_id=person.person_id, person_name=person.name, late_by=late)
        for person in reminder.people
    )
    after = replace(state, reminded=max(reminder.number, reminders_due(snapshot, level, state, now)))
    return Decision(actions, after, next_look(snapshot, level, after))


def _fill(level: LevelRule, roster: Roster, *, after: int = 0, alerted: tuple[Alerted, ...] = ()) -> tuple[tuple[Action, ...], Seat | None]:
    """The first seat of the level beyond `after` that can be alerted, and the record of those passed over before it."""
    passed: list[Action] = []
    for target in sorted(level.targets, key=lambda target: target.position):
        if target.position <= after:
            continue
        seat = roster.seat(level.number, target.position, target.name)
        problem = seat.problem
        if not problem and seat.person_id is None:
            problem = f"Nobody is known for {target.name}."
        if not problem and any(person.person_id == seat.person_id for person in alerted):
            problem = f"{seat.name} was already alerted at this level."
        if not problem:
            return tuple(passed), seat
        passed.append(Action(Kind.PASSED_OVER, problem, level.number, target.position, seat.person_id, seat.name))
    return tuple(passed), None


def _paged(
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
    """`alerted` are those alerted at the level before; `changes` is what else becomes of the state."""
    page = Action(Kind.PAGED, why, level.number, seat.position, seat.person_id, seat.name, late)
    everybody = (*alerted, Alerted(seat.person_id, seat.name))
    after = replace(state, **changes, position=seat.position, last_page_at=now, alerted=everybody)
    return Decision((*before, page), after, next_look(snapshot, level, after))


def levels_above(snapshot: PolicySnapshot, number: int) -> tuple[LevelRule, ...]:
    """The levels above `number`, the lowest first."""
    return tuple(sorted((rule for rule in snapshot.levels if rule.number > number), key=lambda rule: rule.number))


def lateness(state: RunState | None, now: datetime, due: datetime) -> timedelta | None:
    """By how much something comes after it was due, when that is noticeable. A pace that changed since the last look is no delay."""
    if state is not None and state.regraded:
        return None
    return now - due if now - due >= LATE_AFTER else None
