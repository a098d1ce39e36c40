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
    for level in snapshot.levels:
        if level.number >= start_level:
            return level
    return snapshot.levels[-1] if snapshot.levels else None


def reached(snapshot: PolicySnapshot, state: RunState) -> int:
    """The number of the level that the run is at; before the first alert, of the one that it begins at; 0 without levels."""
    if state.level:
        return state.level
    first = start(snapshot, state.start_level)
    return first.number if first else 0


def levels_above(snapshot: PolicySnapshot, number: int) -> tuple[LevelRule, ...]:
    """The levels above `number`, the lowest first."""
    return tuple([level for level in snapshot.levels if level.number > number])


def level_below(snapshot: PolicySnapshot, number: int) -> LevelRule | None:
    """The next level below `number`."""
    below = [level for level in snapshot.levels if level.number < number]
    return below[-1] if below else None


def starts_higher(snapshot: PolicySnapshot, state: RunState) -> LevelRule | None:
    """The level that the incident's severity now starts at, where that is above the run's and no de-escalation has answered it."""
    if state.start_level <= state.level or state.start_level <= state.start_level_answered:
        return None
    first = start(snapshot, state.start_level)
    return first if first is not None and first.number > state.level else None
