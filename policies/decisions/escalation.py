"""What an escalation does next. One pure function decides for the live engine, for replays and for what the pages foretell.

The rules in plain words: docs/rules/escalation.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .escalation_facts import Action, Alerted, Decision, Kind, Roster, RunState, Seat, Status
from .ruleset import LevelRule, PolicySnapshot

# The engine looks every second; half a minute behind is an outage worth telling, not a delay.
LATE_AFTER = timedelta(seconds=30)


def next_actions(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    """What follows at `now`, for every possible input; nothing when it is too early.

    At most one person is alerted a pass. The order of the questions: has the incident ended, was it acknowledged, was the
    resolution milestone missed, is somebody's time to answer over.
    """
    if not state.status.is_live:
        return Decision((), state, None)
    if state.ended_as is not None:
        return _end(state, f"The incident is {state.ended_as}.")
    if state.status is Status.PAGING and state.acknowledged_by is not None:
        return _acknowledged(snapshot, state)
    milestone = milestone_at(snapshot, state)
    if milestone is not None and now >= milestone and (state.status is Status.ACKNOWLEDGED or _current(snapshot, state)):
        return _milestone(snapshot, roster, state, now, milestone)
    if state.status is Status.ACKNOWLEDGED:
        if milestone is None:
            return _end(state, "It is acknowledged, and no resolution milestone lies ahead.")
        return Decision((), state, milestone)
    return _alert_on(snapshot, roster, state, now)


def milestone_at(snapshot: PolicySnapshot, state: RunState) -> datetime | None:
    """When the incident must be resolved; None when the policy sets no milestone or its being missed was dealt with."""
    if snapshot.resolve_within is None or state.milestone_done:
        return None
    return state.counts_from + snapshot.resolve_within


def in_words(duration: timedelta) -> str:
    """A duration for people: '45 s', '5 min', '1 h 30 min', '2 d 3 h'."""
    seconds = max(0, round(duration.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 s"


def names_in_words(names: Sequence[str], last: str = "and") -> str:
    """'Ana', 'Ana and Tom', 'Ana, Tom and Kim'; 'nobody' for none."""
    if len(names) < 2:
        return names[0] if names else "nobody"
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def _alert_on(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    level, start = _current(snapshot, state), _start(snapshot, state.start_level)
    if level is None or (start is not None and start.number > level.number):
        return _first_or_raised(snapshot, roster, state, now, start)
    window_end = _entered_at(state) + level.window
    backup_due = _backup_due(level, state)
    if backup_due is not None and backup_due < window_end and now >= backup_due:
        return _backup(snapshot, roster, state, now, level, backup_due)
    if now >= window_end:
        return _enter(snapshot, _above(snapshot, level.number), roster, state, now, _silence(state, level.window), _late(now, window_end))
    return Decision((), state, _next_look(snapshot, level, state))


def _first_or_raised(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, start: LevelRule | None) -> Decision:
    first = max(start.number if start else 0, state.level)
    levels = _above(snapshot, first - 1)
    if state.level:
        return _enter(snapshot, levels, roster, state, now, f"The incident's severity now starts at level {first}.", None)
    return _enter(snapshot, levels, roster, state, now, f"The incident starts at level {first}.", _late(now, state.counts_from))


def _backup(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, due: datetime) -> Decision:
    """The next person of the level. The level's window moves by as much as this comes late: nobody loses time to answer."""
    late = _late(now, due)
    passed, seat = _fill(level, roster, after=state.position, alerted=state.alerted)
    if seat is None:
        after = replace(state, position=max((target.position for target in level.targets), default=state.position))
        return Decision(passed, after, _next_look(snapshot, level, after))
    entered = _entered_at(state) + (now - due)
    silent = f"{state.alerted[-1].name if state.alerted else 'Nobody'} did not acknowledge within {in_words(level.backup_after)}."
    return _paged(snapshot, replace(state, level_entered_at=entered), level, seat, now, passed, silent, late)


def _enter(
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
            entered = replace(state, status=Status.PAGING, level=level.number, position=0, level_entered_at=now, alerted=())
            actions += [Action(Kind.LEVEL, reason, level.number, late_by=late), *passed]
            return _paged(snapshot, replace(entered, acknowledged_by=None), level, seat, now, tuple(actions), seat.why, late)
        reason = f"Level {level.number} has nobody who can be alerted."
        actions += [*passed, Action(Kind.PASSED_OVER, reason, level.number)]
    told = "The policy has no levels." if not snapshot.levels else f"{why} There is nobody further to alert."
    actions.append(Action(Kind.EXHAUSTED, told, late_by=late))
    return Decision(tuple(actions), replace(state, status=Status.EXHAUSTED), None)


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
) -> Decision:
    page = Action(Kind.PAGED, why, level.number, seat.position, seat.person_id, seat.name, late)
    alerted = (*state.alerted, Alerted(seat.person_id, seat.name))
    after = replace(state, position=seat.position, last_page_at=now, alerted=alerted)
    return Decision((*before, page), after, _next_look(snapshot, level, after))


def _acknowledged(snapshot: PolicySnapshot, state: RunState) -> Decision:
    told = Action(Kind.ACKNOWLEDGED, f"{state.acknowledged_by} acknowledged.", state.level or None)
    milestone = milestone_at(snapshot, state)
    if milestone is None:
        ended = _end(state, "It is acknowledged, and no resolution milestone lies ahead.")
        return replace(ended, actions=(told, *ended.actions))
    return Decision((told,), replace(state, status=Status.ACKNOWLEDGED), milestone)


def _milestone(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, due: datetime) -> Decision:
    """The incident is not resolved in time: the level above takes over, once. With nobody above, what runs goes on."""
    late = _late(now, due)
    start = _start(snapshot, state.start_level)
    current = state.level or (start.number if start else 0)
    reason = f"Not resolved within {in_words(snapshot.resolve_within or timedelta())}."
    told = Action(Kind.MILESTONE, reason, current or None, late_by=late)
    done = replace(state, milestone_done=True)
    above = _above(snapshot, current)
    if not above and state.status is Status.ACKNOWLEDGED:
        ended = _end(done, "There is no level above to move it to.")
        return replace(ended, actions=(told, *ended.actions))
    moved = _enter(snapshot, above, roster, done, now, reason, late)
    level = _current(snapshot, state)
    if moved.state.status is Status.EXHAUSTED and state.status is Status.PAGING and level is not None:
        return Decision((told,), done, _next_look(snapshot, level, done))
    return replace(moved, actions=(told, *moved.actions))


def _end(state: RunState, why: str) -> Decision:
    return Decision((Action(Kind.ENDED, why, state.level or None),), replace(state, status=Status.ENDED), None)


def _above(snapshot: PolicySnapshot, number: int) -> tuple[LevelRule, ...]:
    return tuple(sorted((rule for rule in snapshot.levels if rule.number > number), key=lambda rule: rule.number))


def _current(snapshot: PolicySnapshot, state: RunState) -> LevelRule | None:
    """The level whose window runs; None before the first alert."""
    if state.level_entered_at is None:
        return None
    return next((rule for rule in snapshot.levels if rule.number == state.level), None)


def _start(snapshot: PolicySnapshot, start_level: int) -> LevelRule | None:
    """The level to begin at: the first from `start_level` up, or the highest when the policy ends below it."""
    ordered = _above(snapshot, 0)
    return next((rule for rule in ordered if rule.number >= start_level), ordered[-1] if ordered else None)


def _entered_at(state: RunState) -> datetime:
    return state.level_entered_at or state.counts_from


def _backup_due(level: LevelRule, state: RunState) -> datetime | None:
    if all(target.position <= state.position for target in level.targets):
        return None
    return (state.last_page_at or _entered_at(state)) + level.backup_after


def _next_look(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> datetime:
    """The earliest of: the next person's turn, the end of the window, the resolution milestone."""
    moments = (_entered_at(state) + level.window, _backup_due(level, state), milestone_at(snapshot, state))
    return min(moment for moment in moments if moment is not None)


def _silence(state: RunState, window: timedelta) -> str:
    silent = names_in_words([person.name for person in state.alerted])
    return f"{silent[:1].upper()}{silent[1:]} did not acknowledge within {in_words(window)}."


def _late(now: datetime, due: datetime) -> timedelta | None:
    return now - due if now - due >= LATE_AFTER else None
