"""Where a run stands among the levels of its policy."""

from .escalation_facts import RunState
from .ruleset import LevelRule, PolicySnapshot


def level_called(snapshot: PolicySnapshot, number: int) -> LevelRule | None:
    """The level with this number."""
    for level in snapshot.levels:
        if level.number == number:
            return level
    return None


def current(snapshot: PolicySnapshot, state: RunState) -> LevelRule | None:
    """The level whose window runs; None before the first alert."""
    return None if state.level_entered_at is None else level_called(snapshot, state.level)


def start(snapshot: PolicySnapshot, start_level: int) -> LevelRule | None:
    """The level to begin at: the first from `start_level` up, or the highest when the policy ends below it."""
    first: LevelRule | None = None
    highest: LevelRule | None = None
    for level in snapshot.levels:
        if level.number >= start_level and (first is None or level.number < first.number):
            first = level
        if highest is None or level.number > highest.number:
            highest = level
    return first or highest


def reached(snapshot: PolicySnapshot, state: RunState) -> int:
    """The number of the level that the run is at; before the first alert, of the one that it begins at; 0 without levels."""
    if state.level:
        return state.level
    first = start(snapshot, state.start_level)
    return first.number if first else 0


def levels_above(snapshot: PolicySnapshot, number: int) -> tuple[LevelRule, ...]:
    """The levels above `number`, the lowest first."""
    return tuple(sorted((level for level in snapshot.levels if level.number > number), key=_number))


def level_below(snapshot: PolicySnapshot, number: int) -> LevelRule | None:
    """The next level below `number`."""
    return max((level for level in snapshot.levels if level.number < number), key=_number, default=None)


def starts_higher(snapshot: PolicySnapshot, state: RunState) -> LevelRule | None:
    """The level that the incident's severity now starts at, where that is above the run's and no de-escalation has answered it."""
    if state.start_level <= max(state.start_level_answered, state.level):
        return None
    first = start(snapshot, state.start_level)
    return first if first is not None and first.number > state.level else None


def _number(level: LevelRule) -> int:
    return level.number
