"""Whom a pass of an escalation alerts or reminds, and what is recorded beside it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .escalation_facts import AWAY, BUSY, Action, Alerted, Decision, Kind, Passed, Roster, RunState, Seat, Status
from .escalation_levels import levels_above
from .escalation_times import Reminder, entered_at, next_look, reminders_due, window_end
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
                return paged(snapshot, begun(state, level, seat, now), level, seat, tuple(actions), _told(seat.why, seat), late)
            reason = f"Level {level.number} has nobody who can be alerted."
            actions += [*passed, Action(Kind.PASSED_OVER, reason, level.number)]
    told = "The policy has no levels for this." if not snapshot.levels else f"{why} There is nobody further to alert."
    actions.append(Action(Kind.EXHAUSTED, told, late_by=late))
    return Decision(tuple(actions), state._replace(status=Status.EXHAUSTED), None)


def alert_backup(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, due: datetime) -> Decision:
    """The next person of the level. The level's window moves by as much as this comes late: nobody loses time to answer."""
    passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted)
    if seat is None and not any(_fill(above, roster)[1] for above in levels_above(snapshot, level.number)):
        passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted, away_too=True)
    if seat is None:
        after = state._replace(position=level.targets[-1].position)
        return Decision(passed, after, next_look(snapshot, level, after))
    who = state.alerted[-1].name if state.alerted else "Nobody"
    why = _told(f"{who} did not acknowledge within {in_words(level.backup_after)}.", seat)
    after = state._replace(
        level_entered_at=entered_at(state) + (now - due),
        position=seat.position,
        last_page_at=now,
        alerted=(*state.alerted, Alerted(seat.person_id, seat.name)),
    )
    return paged(snapshot, after, level, seat, passed, why, lateness(state, now, due))


def remind(snapshot: PolicySnapshot, state: RunState, now: datetime, level: LevelRule, reminder: Reminder) -> Decision:
    """Reminds whoever was alerted and has not answered: once, however many reminders an outage has left unsent."""
    left = in_words(window_end(level, state) - now)
    why, late = f"The time to answer at level {level.number} ends in {left}.", lateness(state, now, reminder.due)
    actions = tuple(
        Action(Kind.REMINDED, why, level.number, person_id=person.person_id, person_name=person.name, late_by=late)
        for person in reminder.people
    )
    after = state._replace(reminded=max(reminder.number, reminders_due(level, state, now)))
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
    for target in level.targets:
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
    for person in alerted:
        if person.person_id == seat.person_id:
            return _next_of(seat, alerted)
    return seat


def _next_of(seat: Seat, alerted: tuple[Alerted, ...]) -> Seat:
    """The seat with whoever comes next on it after the person who was alerted before."""
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
    if not seat.passed:
        return []
    return [Action(Kind.PASSED_OVER, one.why, seat.level, seat.position, one.person_id, one.name) for one in seat.passed]


def _told(why: str, seat: Seat) -> str:
    """Why somebody is alerted who is busy or away, after why anybody is."""
    if not seat.standing:
        return why
    return f"{why} {seat.hindrance} {'Nobody else is left.' if seat.standing == AWAY else 'Nobody who is free is left at this level.'}"


def begun(state: RunState, level: LevelRule, seat: Seat, now: datetime) -> RunState:
    """The state once the first person of `level` is alerted: with that its window begins."""
    return state._replace(
        status=Status.PAGING,
        level=level.number,
        position=seat.position,
        level_entered_at=now,
        last_page_at=now,
        alerted=(Alerted(seat.person_id, seat.name),),
        reminded=0,
        acknowledged_by=None,
    )


def paged(
    snapshot: PolicySnapshot, after: RunState, level: LevelRule, seat: Seat, before: tuple[Action, ...], why: str, late: timedelta | None
) -> Decision:
    """One person is alerted, and the run is as `after` says from then on."""
    page = Action(Kind.PAGED, why, level.number, seat.position, seat.person_id, seat.name, late)
    return Decision((*before, page), after, next_look(snapshot, level, after))


def lateness(state: RunState | None, now: datetime, due: datetime) -> timedelta | None:
    """By how much something comes after it was due, when that is noticeable. A pace that changed since the last look is no delay."""
    late = now - due
    return None if late < LATE_AFTER or (state is not None and state.regraded) else late
